package fact

import (
	"fmt"
	"strconv"
	"strings"

	"outreach/internal/table"
)

// bucket is how many facts of a lane share a partition.
const bucket = 1000

func factKey(project string, lane int, number int64) table.Key {
	return table.Key{PK: factPartition(project, lane, number/bucket), SK: fmt.Sprintf("%012d", number)}
}

func factPartition(project string, lane int, div int64) string {
	return "FACT#" + project + "#" + strconv.Itoa(lane) + "#" + strconv.FormatInt(div, 10)
}

// ProjectOf returns the project of a fact by the partition key of its item, "" of an item that is no fact.
func ProjectOf(partition string) string {
	id, isFact := strings.CutPrefix(partition, "FACT#")
	if !isFact {
		return ""
	}
	id, _, _ = strings.Cut(id, "#")
	return id
}
