package origin

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Defaults of Config.
const (
	DefaultRetries         = 1
	DefaultRetryBudget     = 0.1
	DefaultRevalidateBytes = 8 << 20
)

// MaxRetries is the largest Config.Retries.
const MaxRetries = 10

// Config says where values come from, and how an HTTP service is asked for them. It compares with reflect.DeepEqual.
type Config struct {
	// Spec names the origin, as Specs lists them.
	Spec string

	// Headers are sent with each request. A value may hold variables of the environment, as ${NAME}.
	Headers map[string]string

	// Timeout bounds one request. If zero, only the group's load-timeout does.
	Timeout time.Duration

	// Retries is how often a request is made again that did not reach the service, or that it was too busy to answer. If
	// zero, DefaultRetries; if negative, never.
	Retries int

	// RetryBudget is the number of retries that each request earns, for all keys of a group together: when everything
	// fails, no more than this part is added to the service's load. If zero, DefaultRetryBudget.
	RetryBudget float64

	// RevalidateBytes bounds the memory, for each group, in which values are kept past their life, so that the service may
	// say by their ETag or Last-Modified that they are still good. If zero, DefaultRevalidateBytes; if negative, none are.
	RevalidateBytes int64
}

func (c Config) withDefaults() Config {
	if c.Retries == 0 {
		c.Retries = DefaultRetries
	}
	if c.RetryBudget == 0 {
		c.RetryBudget = DefaultRetryBudget
	}
	if c.RevalidateBytes == 0 {
		c.RevalidateBytes = DefaultRevalidateBytes
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Timeout < 0:
		return fmt.Errorf("timeout is %v: want no negative duration", c.Timeout)
	case c.Retries > MaxRetries:
		return fmt.Errorf("retries are %d: want at most %d", c.Retries, MaxRetries)
	case c.RetryBudget < 0 || c.RetryBudget > 1:
		return fmt.Errorf("retry-budget is %v: want a part from 0 to 1", c.RetryBudget)
	}
	return nil
}

// header returns the fields that each request gets, with the variables of the environment filled in.
func (c Config) header() (http.Header, error) {
	header := http.Header{"User-Agent": {"p2pcache"}}
	var errs []error
	for name, value := range c.Headers {
		text, err := ExpandVariables(value)
		switch {
		case err != nil:
		case !httpguts.ValidHeaderFieldName(name):
			err = errors.New("no name of a header field")
		case !httpguts.ValidHeaderFieldValue(text):
			err = errors.New("its value holds bytes that a header field cannot")
		case strings.EqualFold(name, "If-None-Match"), strings.EqualFold(name, "If-Modified-Since"), strings.EqualFold(name, "Range"):
			err = errors.New("set by p2pcache itself: take it out")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("header %q: %w", name, err))
			continue
		}
		header.Set(textproto.CanonicalMIMEHeaderKey(name), text)
	}
	return header, errors.Join(errs...)
}

// ExpandVariables fills in ${NAME} by the environment's variables, all of which must be set. A dollar sign alone stays.
func ExpandVariables(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" {
			return "", fmt.Errorf("${%s is no variable: write ${NAME}", name)
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("the variable %s is not set", name)
		}
		b.WriteString(value)
		text = after
	}
}
