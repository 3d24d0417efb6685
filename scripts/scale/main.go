package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("want detect, partition or member")
	}
	switch args[0] {
	case "detect":
		return detect(args[1:])
	case "partition":
		return partition(args[1:])
	case "member":
		return runMember(args[1:], os.Stdin, os.Stdout)
	}
	return fmt.Errorf("%s: want detect, partition or member", args[0])
}
