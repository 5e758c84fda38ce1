package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/dbos-inc/dbos-transact-golang/dbos/driver/sqlite" // SQLite, in Go
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// A store is the database of the journal and of the leases.
type store struct {
	name     string  // for errors: without a password
	db       *sql.DB // of the leases: DBOS closes its own before the last word of ours
	sqlite   *sql.DB // either of these is for DBOS
	postgres *pgxpool.Pool
}

func openStore(ctx context.Context, dsn string) (*store, error) {
	path, isFile := strings.CutPrefix(dsn, "sqlite:")
	if isFile {
		return openSQLite(path)
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New(`the store is not a valid "sqlite:PATH" or Postgres URL`) // the library's error has the password
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &store{name: "postgres database " + config.ConnConfig.Database, db: stdlib.OpenDB(*config.ConnConfig), postgres: pool}, nil
}

func openSQLite(path string) (*store, error) {
	path, query, _ := strings.Cut(path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("the store %s: %w", path, err)
	}
	synchronous := "FULL"
	switch sync := values.Get("sync"); sync {
	case "", "full":
	case "normal":
		synchronous = "NORMAL"
	default:
		return nil, fmt.Errorf("the store %s: sync=%s: must be full or normal", path, sync)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// The files of SQLite's own beside it get the mode of this one.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case err == nil:
		err = f.Close()
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	pragmas := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(ON)", "journal_mode(WAL)", "synchronous(" + synchronous + ")"},
		"_txlock": {"immediate"}}
	location := &url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: pragmas.Encode()}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	journal, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, err
	}
	journal.SetMaxOpenConns(8)
	journal.SetMaxIdleConns(8)
	return &store{name: path, db: db, sqlite: journal}, nil
}

func (s *store) close() error {
	err := s.db.Close()
	if s.sqlite != nil {
		return errors.Join(err, s.sqlite.Close())
	}
	s.postgres.Close()
	return err
}

func (s *store) create(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS gobelin_lease
		(owner TEXT PRIMARY KEY, counter BIGINT NOT NULL, fenced BIGINT NOT NULL)`)
	return err
}

func (s *store) insert(ctx context.Context, owner string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO gobelin_lease (owner, counter, fenced) VALUES ($1, 0, 0)`, owner)
	return err
}

func (s *store) raise(ctx context.Context, owner string) (bool, error) {
	return s.changed(ctx, `UPDATE gobelin_lease SET counter = counter + 1 WHERE owner = $1 AND fenced = 0`, owner)
}

func (s *store) fence(ctx context.Context, owner string, counter int64) (bool, error) {
	return s.changed(ctx, `UPDATE gobelin_lease SET counter = counter + 1, fenced = 1 WHERE owner = $1 AND counter = $2`, owner, counter)
}

func (s *store) remove(ctx context.Context, owner string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM gobelin_lease WHERE owner = $1`, owner)
	return err
}

func (s *store) leave(ctx context.Context, owner string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE gobelin_lease SET counter = $1 WHERE owner = $2 AND fenced = 0`, left, owner)
	return err
}

func (s *store) changed(ctx context.Context, query string, arguments ...any) (bool, error) {
	result, err := s.db.ExecContext(ctx, query, arguments...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

func (s *store) counters(ctx context.Context) (map[string]int64, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT owner, counter FROM gobelin_lease`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counters := map[string]int64{}
	for rows.Next() {
		var owner string
		var counter int64
		if err := rows.Scan(&owner, &counter); err != nil {
			return nil, err
		}
		counters[owner] = counter
	}
	return counters, rows.Err()
}
