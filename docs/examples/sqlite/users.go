package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	_ "modernc.org/sqlite" // SQLite in Go, without cgo

	"github.com/p2pcache/p2pcache/node"
)

// user is a row of the database.
type user struct {
	Name  string `json:"name"`
	Score int    `json:"score"`
}

// users is the database.
type users struct{ *sql.DB }

func openUsers(path string) (users, error) {
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
	if err != nil {
		return users{}, err
	}
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, name TEXT NOT NULL, score INTEGER NOT NULL)`)
	if err != nil {
		db.Close()
		return users{}, fmt.Errorf("open %s: %w", path, err)
	}
	return users{db}, nil
}

// load is the group's Loader: the JSON of one user.
func (u users) load(ctx context.Context, id string) (node.Value, error) {
	var found user
	err := u.QueryRowContext(ctx, `SELECT name, score FROM users WHERE id = ?`, id).Scan(&found.Name, &found.Score)
	if errors.Is(err, sql.ErrNoRows) {
		return node.Value{}, node.ErrNotFound
	}
	if err != nil {
		return node.Value{}, err
	}
	data, err := json.Marshal(found)
	return node.Value{Data: data}, err
}

func (u users) save(ctx context.Context, id string, changed user) error {
	_, err := u.ExecContext(ctx, `INSERT INTO users VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, score = excluded.score`, id, changed.Name, changed.Score)
	return err
}
