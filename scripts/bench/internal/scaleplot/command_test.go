package scaleplot_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/scaleplot"
)

func TestTheDocumentsFiguresAreDrawn(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "scale.svg")
	cmd := scaleplot.Command()
	cmd.SetArgs([]string{"../../../../docs/scale.json", svg})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Until all agree", "Each member sends", "after a kill", "10 % churn in 10 s", ">1000</text>"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the drawing lacks %q", want)
		}
	}
}
