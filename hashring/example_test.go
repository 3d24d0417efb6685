package hashring_test

import (
	"fmt"

	"github.com/p2pcache/p2pcache/hashring"
)

func Example() {
	ring := hashring.New(
		hashring.Member{Name: "berlin"},
		hashring.Member{Name: "lisbon"},
		hashring.Member{Name: "oslo", Weight: 2},
	)
	hash := hashring.Hash("scores", "Tom")
	for _, i := range ring.Owners(nil, hash, 2) {
		fmt.Println(ring.Members()[i].Name)
	}

	owner := ring.Members()[ring.Owner(hash)].Name
	rest := ring.Without(owner)
	fmt.Printf("without %s: %s\n", owner, rest.Members()[rest.Owner(hash)].Name)
	// Output:
	// oslo
	// lisbon
	// without oslo: lisbon
}

func ExampleNamespace() {
	scores := hashring.NewNamespace("scores")
	fmt.Println(scores.Hash("Tom") == hashring.Hash("scores", "Tom"))
	fmt.Println(scores.Hash("Tom") == hashring.Hash("users", "Tom"))
	// Output:
	// true
	// false
}
