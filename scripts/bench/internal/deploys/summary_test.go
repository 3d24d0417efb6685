package deploys

import "testing"

func TestAScenarioThatWasNotCarriedOutMeetsNoGoal(t *testing.T) {
	for _, g := range goals("", system{}, []result{{Scenario: "rolling", Failure: "a node did not start"}}, keys) {
		if g.Met {
			t.Errorf("%q is met", g.What)
		}
	}
	met := 0
	for _, g := range goals("", system{}, []result{{Scenario: "rolling", Loads: keys / 100}}, keys) {
		if g.Met {
			met++
		}
	}
	if met != 2 {
		t.Errorf("%d goals are met, want errors and loads", met)
	}
}
