package main

import (
	"net/http"
	"strconv"
)

// server answers every request with the body.
func server(body []byte) http.Handler {
	length := []string{strconv.Itoa(len(body))}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = jsonHeader["Content-Type"]
		w.Header()["Content-Length"] = length
		w.Write(body)
	})
}
