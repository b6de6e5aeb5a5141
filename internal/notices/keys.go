package notices

import "outreach/internal/table"

func noticesKey(project string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "DONE"}
}

// letterSentKey is where it stands that a member of the staff got a letter.
func letterSentKey(project, cause, member string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "LETTER#" + cause + "#" + member}
}

// reportSentKey is where it stands that a snapshot was sent to the funders.
func reportSentKey(project, snapshot string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "REPORT#" + snapshot}
}
