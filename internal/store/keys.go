package store

import (
	"fmt"
	"strconv"
	"time"

	"outreach/internal/table"
)

// Bucket is how many facts of a lane share a partition.
const bucket = 1000

// Keys of the tracker table, which knows people by random ids alone.

func factKey(project string, lane int, number int64) table.Key {
	return table.Key{PK: factPartition(project, lane, number/bucket), SK: fmt.Sprintf("%012d", number)}
}

func factPartition(project string, lane int, div int64) string {
	return "FACT#" + project + "#" + strconv.Itoa(lane) + "#" + strconv.FormatInt(div, 10)
}

func projectKey(project string) table.Key { return table.Key{PK: "PROJECTS", SK: project} }

func definitionKey(project string) table.Key {
	return table.Key{PK: "DEFINITION#" + project, SK: "CURRENT"}
}

func definitionVersionKey(project string, version int) table.Key {
	return table.Key{PK: "DEFINITION#" + project, SK: fmt.Sprintf("VERSION#%06d", version)}
}

func definitionTextKey(project string, version int) table.Key {
	return table.Key{PK: "DEFINITION#" + project, SK: fmt.Sprintf("YAML#%06d", version)}
}

func recordPartition(project, kind string) string { return "RECORDS#" + project + "#" + kind }

func recordKey(project, kind, id string) table.Key {
	return table.Key{PK: recordPartition(project, kind), SK: id}
}

func adviserIndex(project, staff string) string { return "ADVISER#" + project + "#" + staff }

func naturalKey(project, sealed string) table.Key {
	return table.Key{PK: "KEY#" + project + "#" + sealed, SK: "RECORD"}
}

func aboutPartition(project, person string) string { return "ABOUT#" + project + "#" + person }

func aboutKey(project, person, kind, id string) table.Key {
	return table.Key{PK: aboutPartition(project, person), SK: kind + "#" + id}
}

func apartPartition(project string) string { return "APART#" + project }

// apartKey is where it stands that two people are two, whichever is named first.
func apartKey(project, one, other string) table.Key {
	return table.Key{PK: apartPartition(project), SK: min(one, other) + "#" + max(one, other)}
}

func erasureKey(project, fresh string) table.Key {
	return table.Key{PK: "ERASURES#" + project, SK: fresh}
}

// erasingKey is written whenever erasures begin; behind it stand those that are under way, and those that were done lately.
func erasingKey(project string) table.Key { return table.Key{PK: "ERASING#" + project, SK: "OPEN"} }

func openErasureKey(project, fresh string) table.Key {
	return table.Key{PK: erasingKey(project).PK, SK: "OPEN#" + fresh}
}

func doneErasureKey(project, fresh string) table.Key {
	return table.Key{PK: erasingKey(project).PK, SK: "DONE#" + fresh}
}

func mergedKey(project, person string) table.Key {
	return table.Key{PK: "MERGED#" + project + "#" + person, SK: "INTO"}
}

func signupKey(project, id string) table.Key {
	return table.Key{PK: "SIGNUP#" + project + "#" + id, SK: "SIGNUP"}
}

func signupIndex(project, activity string) string { return "SIGNUPS#" + project + "#" + activity }

func placeKey(project, activity, person string) table.Key {
	return table.Key{PK: "PLACE#" + project + "#" + activity + "#" + person, SK: "SIGNUP"}
}

func placesKey(project, activity string) table.Key {
	return table.Key{PK: "PLACES#" + project + "#" + activity, SK: "PLACES"}
}

func queuePartition(project, activity string) string { return "QUEUE#" + project + "#" + activity }

func queueKey(project, activity string, submitted time.Time, id string) table.Key {
	return table.Key{PK: queuePartition(project, activity), SK: ordered(submitted, id)}
}

func sentKey(project, signup, entry string) table.Key {
	return table.Key{PK: "SIGNUP#" + project + "#" + signup, SK: "SENT#" + entry}
}

func uploadPartition(project string) string { return "UPLOADS#" + project }

func uploadKey(project, id string) table.Key { return table.Key{PK: uploadPartition(project), SK: id} }

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

func answerKey(project, sealed string) table.Key {
	return table.Key{PK: "ANSWER#" + project + "#" + sealed, SK: "ANSWER"}
}

// sessionsKey is of no project: who signs out does so everywhere.
func sessionsKey(sealed string) table.Key {
	return table.Key{PK: "SESSIONS#" + sealed, SK: "ENDED"}
}

func purgeKey(project, class string) table.Key {
	return table.Key{PK: "PURGES#" + project, SK: class}
}

func snapshotPartition(project string) string { return "SNAPSHOTS#" + project }

func snapshotKey(project, id string) table.Key {
	return table.Key{PK: snapshotPartition(project), SK: id}
}

func latestPartition(project string) string { return "LATEST#" + project }

func latestKey(project, asOf string) table.Key {
	return table.Key{PK: latestPartition(project), SK: asOf}
}

func approvedPartition(project string) string { return "APPROVED#" + project }

// approvedKey is where an approved snapshot stands by its day, then by when it was compiled.
func approvedKey(project, asOf, id string) table.Key {
	return table.Key{PK: approvedPartition(project), SK: asOf + "#" + id}
}

func reportPartition(project string) string { return "REPORTS#" + project }

func reportKey(project, day string) table.Key {
	return table.Key{PK: reportPartition(project), SK: day}
}

func reportsLookedAtKey(project string) table.Key {
	return table.Key{PK: "REPORTSLOOKED#" + project, SK: "DAY"}
}

func attentionKey(project string) table.Key {
	return table.Key{PK: "ATTENTION#" + project, SK: "NOTED"}
}

func duplicatesKey(project string) table.Key {
	return table.Key{PK: "DUPLICATES#" + project, SK: "COUNTED"}
}

func checkpointKey(project string) table.Key {
	return table.Key{PK: "CHECKPOINT#" + project, SK: "CURRENT"}
}

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

// Keys of the people table, which alone knows who somebody is.

func personKey(project, id string) table.Key {
	return table.Key{PK: "PERSON#" + project + "#" + id, SK: "PERSON"}
}

func namesIndex(project string) string { return "NAMES#" + project }

// namePart is where a word of a person's name leads to them.
func namePart(project, word, id string) table.Key {
	return table.Key{PK: "NAMEPARTS#" + project, SK: word + "#" + id}
}

func identityKey(project, sealed string) table.Key {
	return table.Key{PK: "IDENTITY#" + project + "#" + sealed, SK: "PERSON"}
}

func staffKey(project, id string) table.Key {
	return table.Key{PK: "STAFF#" + project + "#" + id, SK: "STAFF"}
}

func staffIdentityKey(project, sealed string) table.Key {
	return table.Key{PK: "STAFFIDENTITY#" + project + "#" + sealed, SK: "STAFF"}
}

// staffRoleKey is where a role of somebody stands, beside who they are.
func staffRoleKey(project, id, role string) table.Key {
	return table.Key{PK: staffKey(project, id).PK, SK: "ROLE#" + role}
}

// staffIndex is where everybody stands who has a role.
func staffIndex(project, role string) string { return "STAFF#" + project + "#WITH#" + role }

// staffRolesKey is where all roles of an address stand, in whatever project.
func staffRolesKey(sealed string) table.Key {
	return table.Key{PK: "STAFFIDENTITY##" + sealed, SK: "ROLES"}
}

func textKey(project, record string, version int) table.Key {
	return table.Key{PK: "TEXT#" + project + "#" + record, SK: fmt.Sprintf("%06d", version)}
}

// textsIndex is where private texts of a person's records stand, whatever became of the records; those of records about
// nobody stand under "".
func textsIndex(project, person string) string { return "TEXTS#" + project + "#" + person }

func filenameKey(project, upload string) table.Key {
	return table.Key{PK: "FILENAME#" + project + "#" + upload, SK: "NAME"}
}

func formKey(project, signup, entry string) table.Key {
	return table.Key{PK: "FORM#" + project + "#" + signup, SK: entry}
}

// ordered is a sort key by instant, then id.
func ordered(at time.Time, id string) string {
	return at.UTC().Format("2006-01-02T15:04:05.000000000Z") + "#" + id
}

func findingsKey(project, upload, name string) table.Key {
	return table.Key{PK: "FINDINGS#" + project + "#" + upload, SK: name}
}
