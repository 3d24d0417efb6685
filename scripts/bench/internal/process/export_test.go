package process

// Wait waits until the process has ended.
func (p *Process) Wait() { <-p.exited }
