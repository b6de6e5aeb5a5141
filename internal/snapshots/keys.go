package snapshots

import "outreach/internal/table"

// Partition is the partition of the snapshots of a project, sorted by id.
func Partition(project string) string { return "SNAPSHOTS#" + project }

func snapshotKey(project, id string) table.Key {
	return table.Key{PK: Partition(project), SK: id}
}

func latestPartition(project string) string { return "LATEST#" + project }

func latestKey(project, asOf string) table.Key {
	return table.Key{PK: latestPartition(project), SK: asOf}
}

func approvedPartition(project string) string { return "APPROVED#" + project }

// approvedKey sorts approved snapshots by day, then by the time of compiling.
func approvedKey(project, asOf, id string) table.Key {
	return table.Key{PK: approvedPartition(project), SK: asOf + "#" + id}
}

func checkpointKey(project string) table.Key {
	return table.Key{PK: "CHECKPOINT#" + project, SK: "CURRENT"}
}

func chainKey(project string) table.Key {
	return table.Key{PK: "APPROVALS#" + project, SK: "LAST"}
}

// publicationsPartition is the partition of the publications of a project, by snapshot.
func publicationsPartition(project string) string { return "PUBLISHED#" + project }

func publicationKey(project, id string) table.Key {
	return table.Key{PK: publicationsPartition(project), SK: id}
}

func publicationsKey(project string) table.Key {
	return table.Key{PK: "PUBLICATIONS#" + project, SK: "LAST"}
}
