package nights

import (
	"hash/fnv"
	"strconv"
	"time"

	"outreach/internal/table"
)

// throughKey is the key of the last night whose messages were all sent.
func throughKey() table.Key { return table.Key{PK: "NIGHT", SK: "THROUGH"} }

// newsKey is the key of the mark that a project has news. It stays when the mark is removed, so that its revisions
// grow.
func newsKey(project string) table.Key { return table.Key{PK: "DUE#" + project, SK: "NEWS"} }

// lookedKey is the key of what the last nightly run of a project found, and of the date of its next one.
func lookedKey(project string) table.Key { return table.Key{PK: "DUE#" + project, SK: "LOOKED"} }

// shards is how many partitions of the index the due projects are spread over.
const shards = 8

func shardPartition(shard int) string { return "DUE#" + strconv.Itoa(shard) }

// dueIndex is the place in the index of what is due at an instant. Within a shard it is sorted by time.
func dueIndex(project string, at time.Time) table.Key {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(project))
	return table.Key{PK: shardPartition(int(sum.Sum32() % shards)), SK: instant(at)}
}

// instant is a time in a form that sorts, to the second.
func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }
