package main

// Simulation is what one run of the simulation found.
type Simulation struct {
	Profile string    `json:"profile"`
	Loss    float64   `json:"loss"`
	Go      string    `json:"go"`
	Cores   int       `json:"cores"`
	Sizes   []Figures `json:"sizes"`
}

// Figures are those of a cluster of one size. Times are seconds until all members agree.
type Figures struct {
	Members int       `json:"members"`
	Form    float64   `json:"form"`    // from the start of the first
	Join    []float64 `json:"join"`    // of one, several times, sorted
	Kill    []float64 `json:"kill"`    // of one, several times, sorted
	Churn   float64   `json:"churn"`   // once a tenth of the members were replaced within 10 s
	Idle    Cost      `json:"idle"`    // while nothing happens
	Churned Cost      `json:"churned"` // while a tenth of the members are replaced
}

// Cost is what a member spends.
type Cost struct {
	PacketsPerSecond float64 `json:"packets_per_second"`
	BytesPerSecond   float64 `json:"bytes_per_second"` // sent
	CPUPercent       float64 `json:"cpu_percent"`      // of one core
}
