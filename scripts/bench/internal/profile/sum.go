package profile

import (
	"cmp"
	"slices"

	pprofile "github.com/google/pprof/profile"
)

// mostFunctions are named.
const mostFunctions = 12

// sum sums a profile up.
func sum(p *pprofile.Profile, times float64) Profile {
	functions, parts := map[string]*Line{}, map[string]*Line{}
	result := Profile{}
	for _, s := range p.Sample {
		nanos := float64(s.Value[len(s.Value)-1]) / times // the last value is processor time
		stack := names(s)
		if len(stack) == 0 {
			continue
		}
		result.Nanos += nanos
		line(parts, partOf(stack)).Self += nanos
		line(functions, stack[0]).Self += nanos
		slices.Sort(stack)
		for _, name := range slices.Compact(stack) { // a function that calls itself counts once
			line(functions, name).All += nanos
		}
	}
	result.Parts, result.Functions = sorted(parts), sorted(functions)
	result.Functions = result.Functions[:min(len(result.Functions), mostFunctions)]
	return result
}

// names are the functions of a sample's stack, the innermost first.
func names(s *pprofile.Sample) (stack []string) {
	for _, location := range s.Location {
		for _, l := range location.Line {
			stack = append(stack, l.Function.Name)
		}
	}
	return stack
}

func line(lines map[string]*Line, name string) *Line {
	if lines[name] == nil {
		lines[name] = &Line{Name: name}
	}
	return lines[name]
}

// sorted are the lines that took something themselves, those that took most first.
func sorted(lines map[string]*Line) (all []Line) {
	for _, l := range lines {
		if l.Self > 0 {
			all = append(all, *l)
		}
	}
	slices.SortFunc(all, func(a, b Line) int { return cmp.Or(cmp.Compare(b.Self, a.Self), cmp.Compare(a.Name, b.Name)) })
	return all
}
