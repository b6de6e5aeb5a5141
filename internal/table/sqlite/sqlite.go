// Package sqlite implements tables in one SQLite file, in write-ahead mode with synchronous writes: what a Write has
// written when it returns nil survives a crash of the process and of the machine.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"outreach/internal/table"
)

// mostPageBytes is the size of a page's data after which no item is added, as in DynamoDB.
const mostPageBytes = 1 << 20

// DB is a file with tables. It is safe for concurrent use.
type DB struct {
	writer  *sql.DB // one connection, because SQLite allows one writer at a time
	readers *sql.DB
	tables  []string // those that Table has opened

	scrubbing sync.Mutex
	removing  int  // calls of Scrubbed that have not ended
	soiled    bool // something was deleted since the file was last written anew
}

// Open opens a database file. It creates the file, with mode 0600, if it does not exist; the folder must exist.
func Open(path string) (*DB, error) {
	db, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

func open(path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	db := &DB{}
	if db.writer, err = connect(path, 1, "journal_mode(wal)", "synchronous(full)", "secure_delete(on)"); err != nil {
		return nil, err
	}
	if db.readers, err = connect(path, 8, "query_only(1)"); err != nil {
		return nil, errors.Join(err, db.writer.Close())
	}
	var version int
	if err := db.readers.QueryRow(`PRAGMA user_version`).Scan(&version); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.soiled = version != clean
	return db, nil
}

func connect(path string, most int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...), "_txlock": {"immediate"}}
	place := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	pool, err := sql.Open("sqlite", place.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(most)
	if err := pool.Ping(); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// Close closes the file. Its tables must not be used afterwards.
func (db *DB) Close() error {
	return errors.Join(db.readers.Close(), db.writer.Close())
}

// Scrubbed calls remove, and then removes from the disk what it deleted. SQLite overwrites content as it deletes it,
// but copies may stay in the log, and in pages from which it has moved the content: the file is written anew, without
// them, and the log is emptied. Writes wait meanwhile. Of calls at one time the last one does that for all. Where
// remove reports that it deleted nothing, nothing is done. What is left to do, after an error or a crash, or because
// a long read keeps the log, Scrub does.
func (db *DB) Scrubbed(ctx context.Context, remove func() (removed bool, err error)) error {
	if err := db.beginRemoving(ctx); err != nil {
		return err
	}
	removed, err := remove()
	return errors.Join(err, db.endRemoving(ctx, removed || err != nil, err == nil))
}

func (db *DB) beginRemoving(ctx context.Context) error {
	db.scrubbing.Lock()
	defer db.scrubbing.Unlock()
	if db.removing == 0 && !db.soiled {
		if err := db.setClean(ctx, false); err != nil {
			return err
		}
	}
	db.removing++
	return nil
}

func (db *DB) endRemoving(ctx context.Context, removed, scrub bool) error {
	db.scrubbing.Lock()
	defer db.scrubbing.Unlock()
	db.removing--
	db.soiled = db.soiled || removed
	switch {
	case db.removing > 0:
		return nil
	case !db.soiled:
		return db.setClean(ctx, true)
	case scrub:
		if err := db.scrub(ctx); !errors.Is(err, table.ErrUnavailable) {
			return err
		}
	}
	return nil
}

// Scrub does what calls of Scrubbed have left to do: after an error, before a crash, and in files of earlier versions.
func (db *DB) Scrub(ctx context.Context) error {
	db.scrubbing.Lock()
	defer db.scrubbing.Unlock()
	if db.removing > 0 || !db.soiled {
		return nil
	}
	return db.scrub(ctx)
}

// scrub writes the file anew; cancelled, it changes nothing. The caller holds the lock.
func (db *DB) scrub(ctx context.Context) error {
	if _, err := db.writer.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("scrub: %w", tableError(ctx, err))
	}
	if err := db.setClean(ctx, true); err != nil {
		return err
	}
	var busy, frames, moved int
	if err := db.writer.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved); err != nil {
		return errors.Join(fmt.Errorf("scrub: %w", tableError(ctx, err)), db.setClean(ctx, false))
	}
	if busy != 0 {
		return errors.Join(fmt.Errorf("scrub: %w: a long read needs the log", table.ErrUnavailable), db.setClean(ctx, false))
	}
	db.soiled = false
	return nil
}

// clean is the file's user_version after it was scrubbed. It is 0 in new files, in files of earlier versions, and while
// something is being removed.
const clean = 1

func (db *DB) setClean(ctx context.Context, is bool) error {
	version := 0
	if is {
		version = clean
	}
	if _, err := db.writer.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf(`PRAGMA user_version = %d`, version)); err != nil {
		return fmt.Errorf("scrub: %w", tableError(ctx, err))
	}
	return nil
}

// DeleteExpired deletes the expired items of all tables that were opened.
func (db *DB) DeleteExpired(ctx context.Context) error {
	for _, name := range db.tables {
		if _, err := db.writer.ExecContext(ctx, `DELETE FROM `+name+` WHERE expires < unixepoch()`); err != nil {
			return fmt.Errorf("delete expired items: %w", tableError(ctx, err))
		}
	}
	return nil
}

// Empty reports whether no table of the file has an item.
func (db *DB) Empty() (bool, error) {
	rows, err := db.readers.Query(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }() // Err is checked
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return false, err
		}
		var some bool
		if err := db.readers.QueryRow(`SELECT EXISTS (SELECT 1 FROM "` + name + `")`).Scan(&some); err != nil || some {
			return false, err
		}
	}
	return true, rows.Err()
}

var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// Table returns the table of a name (lower-case letters, digits and underscores, beginning with a letter). It creates
// the table if it does not exist, and deletes expired items. It must not be called concurrently.
func (db *DB) Table(name string) (*Table, error) {
	if !tableName.MatchString(name) {
		return nil, fmt.Errorf("%q is not a valid table name", name)
	}
	t := &Table{db: db}
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS {t} (pk TEXT NOT NULL, sk TEXT NOT NULL, ipk TEXT, isk TEXT, rev INTEGER NOT NULL, expires INTEGER, data BLOB NOT NULL, PRIMARY KEY (pk, sk))`,
		`CREATE INDEX IF NOT EXISTS {t}_index ON {t} (ipk, isk, pk, sk) WHERE ipk IS NOT NULL`,
		`CREATE INDEX IF NOT EXISTS {t}_expires ON {t} (expires) WHERE expires IS NOT NULL`,
		`DELETE FROM {t} WHERE expires < unixepoch()`,
	} {
		if _, err := db.writer.Exec(strings.ReplaceAll(statement, "{t}", name)); err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
	}
	for _, s := range []struct {
		to   **sql.Stmt
		pool *sql.DB
		text string
	}{
		{&t.get, db.readers, `SELECT ` + columns + ` FROM {t} WHERE pk = ? AND sk = ?`},
		{&t.rev, db.writer, `SELECT rev FROM {t} WHERE pk = ? AND sk = ?`},
		{&t.delete, db.writer, `DELETE FROM {t} WHERE pk = ? AND sk = ?`},
		{&t.put, db.writer, `INSERT INTO {t} (pk, sk, ipk, isk, rev, expires, data) VALUES (?, ?, ?, ?, 1, ?, ?)
			ON CONFLICT (pk, sk) DO UPDATE SET ipk = excluded.ipk, isk = excluded.isk, rev = rev + 1, expires = excluded.expires, data = excluded.data`},
	} {
		statement, err := s.pool.Prepare(strings.ReplaceAll(s.text, "{t}", name))
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		*s.to = statement
	}
	t.name = name
	db.tables = append(db.tables, name)
	return t, nil
}

// Table is a table in the file.
type Table struct {
	db                    *DB
	name                  string
	get, rev, put, delete *sql.Stmt
}

var _ table.Table = (*Table)(nil)

const columns = `pk, sk, coalesce(ipk, ''), coalesce(isk, ''), rev, coalesce(expires, 0), data`

func read(row interface{ Scan(...any) error }) (table.Item, error) {
	var it table.Item
	var expires int64
	if err := row.Scan(&it.PK, &it.SK, &it.Index.PK, &it.Index.SK, &it.Rev, &expires, &it.Data); err != nil {
		return table.Item{}, err
	}
	if expires != 0 {
		it.Expires = time.Unix(expires, 0).UTC()
	}
	return it, nil
}

// Get returns the items that exist, all from one consistent read.
func (t *Table) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	if err := table.CheckGet(keys); err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("get: %w", tableError(ctx, err))
	}
	return items, nil
}

func (t *Table) getAll(ctx context.Context, keys []table.Key) (map[table.Key]table.Item, error) {
	tx, err := t.db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	get := tx.StmtContext(ctx, t.get)
	items := make(map[table.Key]table.Item, len(keys))
	for _, key := range keys {
		if _, duplicate := items[key]; duplicate {
			continue
		}
		switch it, err := read(get.QueryRowContext(ctx, key.PK, key.SK)); {
		case err == nil:
			items[key] = it
		case !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
	}
	return items, nil
}

// Query returns a page, which ends at 1 MB of data even below the limit.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	q, err := table.CheckQuery(q)
	if err != nil {
		return table.Page{}, fmt.Errorf("query: %w", err)
	}
	last, resumed, err := q.Begin()
	if err != nil {
		return table.Page{}, fmt.Errorf("query: %w", err)
	}
	text, args := t.selection(q, last, resumed)
	page, err := t.page(ctx, q, text, args)
	if err != nil {
		return table.Page{}, fmt.Errorf("query: %w", tableError(ctx, err))
	}
	return page, nil
}

func (t *Table) selection(q table.Query, last table.Item, resumed bool) (text string, args []any) {
	pk, sk, order := "pk", "sk", "sk"
	if q.Index {
		pk, sk, order = "ipk", "isk", "isk, pk, sk"
	}
	var b strings.Builder
	where := func(condition string, values ...any) {
		b.WriteString(condition)
		args = append(args, values...)
	}
	where(`SELECT `+columns+` FROM `+t.name+` WHERE `+pk+` = ?`, q.PK)
	// The cursor lies within the bounds and replaces the one it has passed: given both, SQLite might start at the outer
	// one and scan all previous pages.
	if !resumed || q.Backward {
		if from := cmp.Or(q.From, q.Prefix); from != "" {
			where(` AND `+sk+` >= ?`, from)
		}
	}
	if !resumed || !q.Backward {
		if q.To != "" {
			where(` AND `+sk+` <= ?`, q.To)
		}
		if q.Prefix != "" {
			where(` AND `+sk+` < ?`, afterAll(q.Prefix))
		}
	}
	beyond := " > "
	if q.Backward {
		beyond = " < "
		order = strings.ReplaceAll(order, ",", " DESC,") + " DESC"
	}
	switch {
	case resumed && q.Index:
		where(` AND (isk, pk, sk)`+beyond+`(?, ?, ?)`, last.Index.SK, last.PK, last.SK)
	case resumed:
		where(` AND sk`+beyond+`?`, last.SK)
	}
	where(` ORDER BY `+order+` LIMIT ?`, q.Limit+1)
	return b.String(), args
}

// afterAll returns the smallest string, bytewise, that is greater than all strings with the prefix. The prefix is
// UTF-8, so its last byte is never 255.
func afterAll(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}

func (t *Table) page(ctx context.Context, q table.Query, text string, args []any) (page table.Page, err error) {
	rows, err := t.db.readers.QueryContext(ctx, text, args...)
	if err != nil {
		return page, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	size := 0
	for rows.Next() {
		if n := len(page.Items); n == q.Limit || size >= mostPageBytes {
			page.Next = q.After(page.Items[n-1])
			break
		}
		it, err := read(rows)
		if err != nil {
			return table.Page{}, err
		}
		page.Items = append(page.Items, it)
		size += len(it.Data)
	}
	return page, rows.Err()
}

// Write applies all operations or none. After it has acquired the connection it ignores cancellation, so that its error
// always says whether it was applied.
func (t *Table) Write(ctx context.Context, ops ...table.Op) error {
	if err := table.CheckWrite(ops); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	conn, err := t.db.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("write: %w", tableError(ctx, err))
	}
	defer func() { _ = conn.Close() }() // returns it to the pool
	ctx = context.WithoutCancel(ctx)
	if err := t.write(ctx, conn, ops); err != nil {
		return fmt.Errorf("write: %w", tableError(ctx, err))
	}
	return nil
}

func (t *Table) write(ctx context.Context, conn *sql.Conn, ops []table.Op) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := t.apply(ctx, tx, ops); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (t *Table) apply(ctx context.Context, tx *sql.Tx, ops []table.Op) error {
	rev, put, remove := tx.StmtContext(ctx, t.rev), tx.StmtContext(ctx, t.put), tx.StmtContext(ctx, t.delete)
	conflict := &table.Conflict{}
	for i, op := range ops {
		if op.If == table.Always {
			continue
		}
		var at int64
		if err := rev.QueryRowContext(ctx, op.Item.PK, op.Item.SK).Scan(&at); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if !op.If.Holds(at) {
			conflict.Failed = append(conflict.Failed, i)
			conflict.Keys = append(conflict.Keys, op.Item.Key)
		}
	}
	if len(conflict.Failed) > 0 {
		return conflict
	}
	for _, op := range ops {
		var err error
		switch it := op.Item; op.Verb {
		case table.Put:
			data := it.Data
			if data == nil {
				data = []byte{}
			}
			_, err = put.ExecContext(ctx, it.PK, it.SK, text(it.Index.PK), text(it.Index.SK), seconds(it.Expires), data)
		case table.Delete:
			_, err = remove.ExecContext(ctx, it.PK, it.SK)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func text(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func seconds(at time.Time) sql.NullInt64 { return sql.NullInt64{Int64: at.Unix(), Valid: !at.IsZero()} }

// tableError maps an error of SQLite to the errors of package table.
func tableError(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", table.ErrUnavailable, err)
	}
	var failure *sqlite.Error
	if errors.As(err, &failure) {
		switch failure.Code() & 0xff { // the lowest byte is the kind, the rest the detail
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM:
			return fmt.Errorf("%w: %w", table.ErrUnavailable, err)
		}
	}
	return err
}
