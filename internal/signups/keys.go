package signups

import (
	"hash/fnv"
	"strconv"
	"time"

	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
)

func signupKey(project, id string) table.Key {
	return table.Key{PK: "SIGNUP#" + project + "#" + id, SK: "SIGNUP"}
}

func signupIndex(project, activity string) string { return "SIGNUPS#" + project + "#" + activity }

// placeKey returns the key of the item that has the id of a person's only live sign-up to an activity. It is also what
// says that the sign-up mentions the person, as long as it is live. No id of a sign-up begins with @.
func placeKey(project, activity, person string) table.Key {
	return people.MentionKey(project, person, schema.Signup, "@"+activity)
}

// formerPlaceKey returns the key under which earlier versions stored what is under placeKey now; they stored the
// mention apart.
func formerPlaceKey(project, activity, person string) table.Key {
	return table.Key{PK: "PLACE#" + project + "#" + activity + "#" + person, SK: "SIGNUP"}
}

func placesKey(project, activity string) table.Key {
	return table.Key{PK: "PLACES#" + project + "#" + activity, SK: "PLACES"}
}

func queuePartition(project, activity string) string { return "QUEUE#" + project + "#" + activity }

func queueKey(project, activity string, submitted time.Time, id string) table.Key {
	return table.Key{PK: queuePartition(project, activity), SK: ordered(submitted, id)}
}

func heldPartition(project string) string { return "HELD#" + project }

// heldKey returns the key of the item that lists a sign-up that is held. Unconfirmed ones come last: most of them need
// no decision.
func heldKey(project string, su Signup) table.Key {
	id := su.ID
	if su.Unconfirmed {
		id = "~" + id
	}
	return table.Key{PK: heldPartition(project), SK: id}
}

func reservedPartition(project, activity string) string {
	return "RESERVED#" + project + "#" + activity
}

// reservedKey returns the key of the item that says until when a place is kept for a sign-up.
func reservedKey(project string, su Signup) table.Key {
	return table.Key{PK: reservedPartition(project, su.Activity), SK: ordered(su.ReservedUntil, su.ID)}
}

// reservedShards is how many partitions of the index the reservations of all projects are spread over.
const reservedShards = 8

func reservedShard(shard int) string { return "RESERVED#" + strconv.Itoa(shard) }

// reservedIndex returns the place of a reservation in the index, in the order of their ends.
func reservedIndex(su Signup) table.Key {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(su.ID))
	return table.Key{PK: reservedShard(int(sum.Sum32() % reservedShards)), SK: ordered(su.ReservedUntil, su.ID)}
}

// inboxPartition is where sign-ups to an activity wait for their states, in the order of submission.
func inboxPartition(project, activity string) string { return "INBOX#" + project + "#" + activity }

func sentKey(project, signup, entry string) table.Key {
	return table.Key{PK: "SIGNUP#" + project + "#" + signup, SK: "SENT#" + entry}
}

// formerFormKey returns the key under which earlier versions stored what is under people.FormKey now. The item was in
// the index of the person's texts.
func formerFormKey(project, signup, entry string) table.Key {
	return table.Key{PK: "FORM#" + project + "#" + signup, SK: entry}
}

// ordered returns a sort key by instant, then id.
func ordered(at time.Time, id string) string {
	return at.UTC().Format("2006-01-02T15:04:05.000000000Z") + "#" + id
}
