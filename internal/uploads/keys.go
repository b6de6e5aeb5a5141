package uploads

import (
	"fmt"

	"outreach/internal/table"
)

// Partition is the partition of a project's uploads, whose sort keys are ids.
func Partition(project string) string { return "UPLOADS#" + project }

func uploadKey(project, id string) table.Key { return table.Key{PK: Partition(project), SK: id} }

func ownerIndex(project, owner string) string { return "UPLOADS#" + project + "#" + owner }

func packKey(project, upload string, pack int) table.Key {
	return table.Key{PK: "PACKS#" + project + "#" + upload, SK: fmt.Sprintf("%06d", pack)}
}

func keyPackKey(project, upload string, pack int) table.Key {
	return table.Key{PK: "PACKKEYS#" + project + "#" + upload, SK: fmt.Sprintf("%06d", pack)}
}

func bytesKey(project, owner, sha256 string) table.Key {
	return table.Key{PK: "BYTES#" + project + "#" + owner + "#" + sha256, SK: "UPLOAD"}
}

func sumsKey(project, owner string) table.Key {
	return table.Key{PK: "MEDIASUMS#" + project + "#" + owner, SK: "SUMS"}
}

func filenameKey(project, upload string) table.Key {
	return table.Key{PK: "FILENAME#" + project + "#" + upload, SK: "NAME"}
}

func findingsKey(project, upload, name string) table.Key {
	return table.Key{PK: "FINDINGS#" + project + "#" + upload, SK: name}
}
