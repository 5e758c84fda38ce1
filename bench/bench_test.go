package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

const steps = 10

var sizes = []int{400, 40_000, 1_000_000}

func BenchmarkBytes(b *testing.B) {
	for _, size := range sizes[:2] {
		body := payload(size)
		b.Run(fmt.Sprint("gobelin/", size), func(b *testing.B) {
			p := compiled(steps, true)
			r := &runtime.Response{Status: 200, Header: jsonHeader, Body: body}
			b.ReportAllocs()
			for b.Loop() {
				runEngine(p, r)
			}
		})
		b.Run(fmt.Sprint("unread/", size), func(b *testing.B) {
			p := compiled(steps, false)
			r := &runtime.Response{Status: 200, Header: jsonHeader, Body: body}
			b.ReportAllocs()
			for b.Loop() {
				runEngine(p, r)
			}
		})
		b.Run(fmt.Sprint("libopenapi/", size), func(b *testing.B) {
			e := libCompiled(steps, true).new(libBytes(body))
			b.ReportAllocs()
			for b.Loop() {
				runLib(e)
			}
		})
		b.Run(fmt.Sprint("libopenapi-values/", size), func(b *testing.B) {
			e := libCompiled(steps, true).new(libValues(body))
			b.ReportAllocs()
			for b.Loop() {
				runLib(e)
			}
		})
		b.Run(fmt.Sprint("decode/", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range steps {
					decode(body)
				}
			}
		})
	}
}

func serve(b *testing.B, body []byte) (string, *http.Client) {
	s := httptest.NewServer(server(body))
	b.Cleanup(s.Close)
	return s.URL, s.Client()
}

func BenchmarkHTTP(b *testing.B) {
	for _, size := range sizes {
		url, client := serve(b, payload(size))
		b.Run(fmt.Sprint("gobelin/", size), func(b *testing.B) {
			p := compiled(steps, true)
			b.ReportAllocs()
			for b.Loop() {
				runDriver(p, url, client)
			}
		})
		b.Run(fmt.Sprint("loop/", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				loop(steps, url, client)
			}
		})
		b.Run(fmt.Sprint("libopenapi/", size), func(b *testing.B) {
			e := libCompiled(steps, true).new(libHTTP(url, client))
			b.ReportAllocs()
			for b.Loop() {
				runLib(e)
			}
		})
	}
}

func BenchmarkReference(b *testing.B) {
	workflow, text, api := reference("..")
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return api, nil })}
	b.ReportAllocs()
	for b.Loop() {
		must(compiler.Compile(b.Context(), must(arazzo.ParseFile(workflow, text))))
	}
}
