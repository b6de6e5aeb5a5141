package fact

import (
	"fmt"
	"strconv"

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
