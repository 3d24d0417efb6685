package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	p2pcache "github.com/p2pcache/p2pcache/cmd/p2pcache"
)

// file writes a configuration file and returns its path.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// resolve returns the settings of args, which must be good.
func resolve(t testing.TB, args ...string) p2pcache.Settings {
	t.Helper()
	s, err := p2pcache.Resolve(args...)
	if err != nil {
		t.Fatalf("serve %q: %v", args, err)
	}
	return s
}

func TestAFlagWinsOverAVariableOverTheFileOverTheDefault(t *testing.T) {
	config := file(t, "conf.yaml", "name: of-file\nzone: of-file\nweight: 3\nlog-format: json\n")
	t.Setenv("P2PCACHE_NAME", "of-variable")
	t.Setenv("P2PCACHE_ZONE", "of-variable")
	t.Setenv("P2PCACHE_LISTEN", "") // counts as none
	s := resolve(t, "--config", config, "--name", "of-flag")
	for flag, want := range map[string]string{
		"name": "of-flag", "zone": "of-variable", "weight": "3", "log-format": "json",
		"listen": "127.0.0.1:9999", "drain-timeout": "30s", "insecure": "false",
	} {
		if got := s.Flags[flag]; got != want {
			t.Errorf("%s is %q, want %q", flag, got, want)
		}
	}
}

func TestEverySettingHasAVariableAndAKey(t *testing.T) {
	values := map[string]string{
		"name": "n", "cluster": "c", "listen": "127.0.0.1:1", "gossip": "127.0.0.1:2", "advertise": "127.0.0.3", "admin": "127.0.0.1:5", "zone": "z", "weight": "4",
		"drain-timeout": "5s", "join": "127.0.0.1:6", "origin": "none", "group": "g=7", "secret-file": "/8", "client-listen": "127.0.0.1:8", "client-token-file": "/12", "tls-cert": "/9", "tls-key": "/10", "tls-ca": "/11", "insecure": "true",
		"gossip-profile": "wan,gossip-nodes=5", "max-members": "9", "allow-foreign-http": "true",
		"groupcache-compat": "true", "log-format": "json", "log-level": "warn",
	}
	shown := func(flag string) string { // as the flag prints it
		switch flag {
		case "join":
			return "[127.0.0.1:6]"
		case "group":
			return "g"
		}
		return values[flag]
	}
	check := func(how string, s p2pcache.Settings) {
		t.Helper()
		for flag, text := range s.Flags {
			if flag != "config" && flag != "peers" && text != shown(flag) {
				t.Errorf("%s: %s is %q, want %q", how, flag, text, shown(flag))
			}
		}
	}
	var yaml strings.Builder
	for flag, value := range values {
		yaml.WriteString(flag + ": " + value + "\n")
	}
	check("file", resolve(t, "--config", file(t, "conf.yaml", yaml.String())))
	for flag, value := range values {
		t.Setenv("P2PCACHE_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")), value)
	}
	check("variables", resolve(t))
}

func TestListsComeFromAllPlaces(t *testing.T) {
	seeds, groups := []string{"127.0.0.1:1", "127.0.0.1:2"}, []string{"a", "b"}
	check := func(how string, s p2pcache.Settings) {
		t.Helper()
		if !slices.Equal(s.Join, seeds) || !slices.Equal(s.Groups, groups) {
			t.Errorf("%s: seeds %q, groups %q; want %q, %q", how, s.Join, s.Groups, seeds, groups)
		}
	}
	check("flags", resolve(t, "--join", "127.0.0.1:1,127.0.0.1:2", "--group", "a=1,ttl=1s", "--group", "b=2"))
	check("flags, one by one", resolve(t, "--join", "127.0.0.1:1", "--join", "127.0.0.1:2", "--group", "a=1;b=2,ttl=1s"))
	check("lists in the file", resolve(t, "--config", file(t, "c.yaml",
		"join: [127.0.0.1:1, '127.0.0.1:2']\ngroup:\n- a=1,ttl=1s\n- b=2\n")))
	check("texts in the file", resolve(t, "--config", file(t, "c.yaml",
		"join: 127.0.0.1:1,127.0.0.1:2\ngroup: a=1,ttl=1s; b=2\n")))
	t.Setenv("P2PCACHE_CONFIG", file(t, "c.yaml", "join: [127.0.0.1:9]\ngroup: [c=3]\n"))
	t.Setenv("P2PCACHE_JOIN", "127.0.0.1:1,127.0.0.1:2")
	t.Setenv("P2PCACHE_GROUP", "a=1,ttl=1s;b=2")
	check("variables, over a file that a variable names", resolve(t))
}

func TestABadVariableIsNamed(t *testing.T) {
	t.Setenv("P2PCACHE_WEIGHT", "heavy")
	_, err := p2pcache.Resolve()
	if want := `P2PCACHE_WEIGHT="heavy": want a whole number from 1 to 100`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if s, err := p2pcache.Resolve("--weight", "2"); err != nil || s.Flags["weight"] != "2" {
		t.Errorf("with a flag that replaces it: error %v, want none", err)
	}
}

func TestABadFileIsRefusedWithItsLine(t *testing.T) {
	for content, want := range map[string]string{
		"name: n\nlisten-on: x\n":      "conf.yaml:2: listen-on: no such setting: there are admin, advertise, allow-foreign-http, client-listen, client-token-file, cluster,",
		"config: other.yaml\n":         "conf.yaml:1: config: no such setting",
		"help: true\n":                 "conf.yaml:1: help: no such setting",
		"<<: {name: n}\n":              "conf.yaml:1: <<: no such setting",
		"\n\nweight: 101\n":            `conf.yaml:3: weight: "101": want a whole number from 1 to 100`,
		"insecure: maybe\n":            `conf.yaml:1: insecure: "maybe": want true or false`,
		"group:\n- a=1\n- b\n":         `conf.yaml:1: group: "a=1, b": want NAME=SIZE`,
		"group: [a=1, a=2]\n":          "group a is given twice",
		"group: [[a=1]]\n":             "conf.yaml:1: group: want a list of texts",
		"group: {a: 1}\n":              "conf.yaml:1: group: want a text, a number or a list",
		"name: [a, b]\n":               "conf.yaml:1: name: want one value, no list",
		"zone:\n":                      "conf.yaml:1: zone: no value: give one",
		"zone: ~\n":                    "conf.yaml:1: zone: no value: give one",
		"zone: a\nname: n\nzone: b\n":  "line 3: zone is given twice: it is on line 1 already",
		"- name: n\n":                  "line 1: want settings, such as listen: 127.0.0.1:9999",
		"just text\n":                  "line 1: want settings",
		"name: n\n---\nname: m\n":      "more than one document",
		"name: 'n\n":                   "conf.yaml: yaml: line ",
		"name: !!binary n\nweight: x":  `conf.yaml:2: weight: "x"`,
		"log-format: xml\n":            `"xml": want one of: console json`,
		"drain-timeout: 0s\n":          "want a duration of more than 0",
		"log-level: [info]\n":          "log-level: want one value",
		"a: &a x\nname: *a\n":          "conf.yaml:1: a: no such setting",
		"name: &a n\nzone: *a\nx: y\n": "conf.yaml:3: x: no such setting",
	} {
		_, err := p2pcache.Resolve("--config", file(t, "conf.yaml", content))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", content, err, want)
		}
	}
	if _, err := p2pcache.Resolve("--config", "/absent.yaml"); err == nil || !strings.Contains(err.Error(), "--config: open /absent.yaml") {
		t.Errorf("error %v, want one that names the flag and the file", err)
	}
}

func TestAnEmptyFileSetsNothing(t *testing.T) {
	for _, content := range []string{"", "\n", "# a comment\n", "---\n", "{}\n", "null\n"} {
		if s := resolve(t, "--config", file(t, "c.yaml", content)); s.Origin != "demo" {
			t.Errorf("%q: origin %q, want the default", content, s.Origin)
		}
	}
}
