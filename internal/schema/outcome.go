package schema

// Outcomes of attendance that have a rank of their own.
const (
	Completed = "completed"
	Withdrew  = "withdrew"
)

// Outcome returns what two records of one person's attendance at one activity come to, the earlier one first: completed
// where either says so, else withdrew, else what the later one says.
func Outcome(earlier, later string) string {
	rank := func(outcome string) int {
		switch outcome {
		case "":
			return 0
		case Withdrew:
			return 2
		case Completed:
			return 3
		}
		return 1
	}
	if rank(earlier) > rank(later) {
		return earlier
	}
	return later
}
