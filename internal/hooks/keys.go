package hooks

import "outreach/internal/table"

// waitingPartition is the partition of the deliveries of a project that could not be taken, by id.
func waitingPartition(project string) string { return "DELIVERIES#" + project }

func waitingKey(project, id string) table.Key {
	return table.Key{PK: waitingPartition(project), SK: id}
}

// payloadKey is the key, in the people table, of what such a delivery said.
func payloadKey(project, id string) table.Key {
	return table.Key{PK: waitingPartition(project), SK: id}
}

// endedKey is the key of what became of a delivery that waited.
func endedKey(project, id string) table.Key {
	return table.Key{PK: "DELIVERED#" + project + "#" + id, SK: "ENDED"}
}
