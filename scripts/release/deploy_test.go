package release_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"k8s.io/apimachinery/pkg/util/yaml"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	strict "sigs.k8s.io/yaml"
)

const root = "../.."

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// settings are the variables that `p2pcache serve` reads.
func settings(t *testing.T) []string {
	t.Helper()
	build := exec.Command("go", "run", "./cmd/p2pcache", "serve", "--help")
	build.Dir = root
	help, err := build.Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, flag := range regexp.MustCompile(`(?m)^ +(?:-\w, |    )--([a-z-]+)`).FindAllStringSubmatch(string(help), -1) {
		names = append(names, "P2PCACHE_"+strings.ToUpper(strings.ReplaceAll(flag[1], "-", "_")))
	}
	if len(names) < 10 {
		t.Fatalf("only %v in:\n%s", names, help)
	}
	return names
}

func checkSettings(t *testing.T, env []string) {
	t.Helper()
	known := settings(t)
	for _, name := range env {
		if strings.HasPrefix(name, "P2PCACHE_") && !slices.Contains(known, name) {
			t.Errorf("%s is no setting", name)
		}
	}
}

// The Dockerfile is read by the parser and the linter of BuildKit itself.
func TestTheDockerfileIsClean(t *testing.T) {
	result, err := parser.Parse(bytes.NewReader(read(t, "Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, description, _, message string, at []parser.Range) {
		t.Errorf("Dockerfile:%d: %s: %s (%s)", at[0].Start.Line, rule, message, description)
	}})
	stages, _, err := instructions.Parse(result.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	last := stages[len(stages)-1]
	if !slices.ContainsFunc(last.Commands, func(c instructions.Command) bool {
		user, ok := c.(*instructions.UserCommand)
		return ok && !strings.HasPrefix(user.User, "0") && user.User != "root"
	}) {
		t.Error("the image runs as root")
	}
}

func TestTheComposeFileIsValid(t *testing.T) {
	file := types.ConfigFile{Filename: "compose.yaml", Content: read(t, "docs/deploy/compose.yaml")}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{WorkingDir: t.TempDir(), ConfigFiles: []types.ConfigFile{file}})
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for name := range project.Services["cache"].Environment {
		env = append(env, name)
	}
	checkSettings(t, env)
}

// Every document is decoded into its type of the Kubernetes API; a field that is none is an error.
func TestTheKubernetesManifestsAreValid(t *testing.T) {
	kinds := map[string]func() any{
		"Service":             func() any { return new(corev1.Service) },
		"StatefulSet":         func() any { return new(appsv1.StatefulSet) },
		"PodDisruptionBudget": func() any { return new(policyv1.PodDisruptionBudget) },
		"NetworkPolicy":       func() any { return new(networkingv1.NetworkPolicy) },
		"Kustomization":       func() any { return new(kustomization) },
	}
	files, err := filepath.Glob(filepath.Join(root, "docs/deploy/kubernetes/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		for _, document := range documents(t, file) {
			var meta struct{ Kind string }
			if err := strict.Unmarshal(document, &meta); err != nil || kinds[meta.Kind] == nil {
				t.Fatalf("%s: kind %q, %v", file, meta.Kind, err)
			}
			object := kinds[meta.Kind]()
			if err := strict.UnmarshalStrict(document, object); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			switch object := object.(type) {
			case *appsv1.StatefulSet:
				checkMember(t, object.Spec.Template.Spec)
			case *kustomization:
				object.check(t, files)
			}
		}
	}
}

// kustomization is as much of kustomize's file as is used: its own types are no module that others can have.
type kustomization struct {
	APIVersion      string   `json:"apiVersion"`
	Kind            string   `json:"kind"`
	Resources       []string `json:"resources"`
	Labels          []struct{ Pairs map[string]string }
	SecretGenerator []struct {
		Name  string
		Files []string
	} `json:"secretGenerator"`
	GeneratorOptions struct {
		DisableNameSuffixHash bool `json:"disableNameSuffixHash"`
	} `json:"generatorOptions"`
}

// check finds every manifest but the kustomization itself among its resources.
func (k *kustomization) check(t *testing.T, files []string) {
	t.Helper()
	if len(k.Resources) != len(files)-1 {
		t.Errorf("%d resources of %d manifests", len(k.Resources), len(files)-1)
	}
	for _, name := range k.Resources {
		if !slices.ContainsFunc(files, func(file string) bool { return filepath.Base(file) == name }) {
			t.Errorf("%s is no manifest", name)
		}
	}
}

func documents(t *testing.T, file string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	reader := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	for {
		buf := make([]byte, len(text))
		n, err := reader.Read(buf)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, buf[:n])
	}
}

// checkMember compares what must agree within a pod.
func checkMember(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	member := pod.Containers[0]
	ports := make(map[string]bool)
	for _, port := range member.Ports {
		ports[port.Name] = true
	}
	for _, probe := range []*corev1.Probe{member.StartupProbe, member.LivenessProbe, member.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || !ports[probe.HTTPGet.Port.StrVal] {
			t.Errorf("a probe asks no port of the container: %+v", probe)
		}
	}
	var env []string
	for _, variable := range member.Env {
		env = append(env, variable.Name)
	}
	checkSettings(t, env)
	if grace := *pod.TerminationGracePeriodSeconds; grace < 5+40+5 {
		t.Errorf("%d s do not suffice for preStop and the drain", grace)
	}
}

// The unit is read by systemd's own tools.
func TestTheUnitIsValidAndHardened(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatal("systemd-analyze is missing: install the package systemd")
	}
	dir := t.TempDir()
	unit := bytes.ReplaceAll(read(t, "docs/deploy/systemd/p2pcache.service"), []byte("/usr/bin/p2pcache"), []byte("/bin/true"))
	path := filepath.Join(dir, "p2pcache.service")
	if err := os.WriteFile(path, unit, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, "verify", "--man=no", path).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	const wanted = "15" // of 100; 20 and less is what systemd calls OK
	if out, err := exec.Command(tool, "security", "--offline=true", "--threshold="+wanted, path).CombinedOutput(); err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
}
