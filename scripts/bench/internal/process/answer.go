package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// envelope is the line that answers a question.
type envelope struct {
	Error  string          `json:"error,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}

// StartSelf starts this program with other arguments.
func StartSelf(args ...string) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return Start(program, args...)
}

// AskJSON sends a process that Answers a question, and reads its answer.
func (p *Process) AskJSON(question, answer any) error {
	encoded, err := json.Marshal(question)
	if err != nil {
		return err
	}
	line, err := p.Ask(string(encoded))
	if err != nil {
		return err
	}
	var e envelope
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		return err
	}
	if e.Error != "" {
		return errors.New(e.Error)
	}
	return json.Unmarshal(e.Answer, answer)
}

// Answer answers the questions that come from in, one after the other, until it ends.
func Answer[Q, A any](in io.Reader, out io.Writer, answer func(Q) (A, error)) error {
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q Q
		if err := questions.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a question: %w", err)
		}
		var e envelope
		a, err := answer(q)
		if err != nil {
			e.Error = err.Error()
		} else if e.Answer, err = json.Marshal(a); err != nil {
			return err
		}
		if err := answers.Encode(e); err != nil {
			return err
		}
	}
}
