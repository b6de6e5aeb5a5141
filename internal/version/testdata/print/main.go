// Command print writes the version that it was built with.
package main

import (
	"fmt"

	"outreach/internal/version"
)

func main() { fmt.Printf("%s\n%s\n", version.String(), version.Details()) }
