package subscriptions

import (
	"time"

	"outreach/internal/table"
)

// Partition is the partition of a project's subscriptions: their list, and of each what it asks for and what is due.
func Partition(project string) string { return "SUBSCRIPTIONS#" + project }

// listKey is the key of the ids of a project's subscriptions.
func listKey(project string) table.Key { return table.Key{PK: Partition(project), SK: "LIST"} }

// subscriptionKey is the key of a subscription.
func subscriptionKey(project, id string) table.Key {
	return table.Key{PK: Partition(project), SK: "SUBSCRIPTION#" + id}
}

// queueKey is the key of what is still to be sent to a subscription.
func queueKey(project, id string) table.Key {
	return table.Key{PK: Partition(project), SK: "QUEUE#" + id}
}

// allDue is the partition of the index that lists the subscriptions of all projects with something to be sent, by the
// instant at which it is due.
const allDue = "WEBHOOKS"

func dueIndex(project, id string, due time.Time) table.Key {
	return table.Key{PK: allDue, SK: instant(due) + "#" + project + "#" + id}
}

// instant returns a time in a form that sorts as text.
func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
