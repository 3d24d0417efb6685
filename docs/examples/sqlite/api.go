package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"

	"github.com/p2pcache/p2pcache/node"
)

// api reads users through the cache, and writes them to the database.
type api struct {
	users  users
	cached *node.Group
}

func (a api) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", a.get)
	mux.HandleFunc("PUT /users/{id}", a.put)
	return mux
}

func (a api) get(w http.ResponseWriter, r *http.Request) {
	v, err := a.cached.Get(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, node.ErrNotFound):
		http.Error(w, "no such user", http.StatusNotFound)
	case errors.Is(err, node.ErrOverloaded):
		http.Error(w, "too many reads wait for the database", http.StatusServiceUnavailable)
	case err != nil:
		log.Print(err)
		http.Error(w, "the database cannot be read", http.StatusBadGateway)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Write(v.Data)
	}
}

// put writes to the database first and then removes what the cache holds: a load that began before the change is not kept.
func (a api) put(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var changed user
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&changed); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := a.users.save(r.Context(), id, changed); err != nil {
		log.Print(err)
		http.Error(w, "the database cannot be written", http.StatusBadGateway)
		return
	}
	if err := a.cached.Remove(r.Context(), id); err != nil {
		log.Print("some may see the old user until it expires: ", err)
	}
	w.WriteHeader(http.StatusNoContent)
}
