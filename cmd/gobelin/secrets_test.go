package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const secretsDocument = `
arazzo: 1.1.0
info: {title: Secrets, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: w
  inputs: {type: object, properties: {secret: {type: string, format: password}, ends: {type: string}}}
  steps:
  - stepId: login
    operationId: login
    parameters: [{name: pin, in: query, value: $inputs.secret}]
    requestBody: {payload: {user: u, password: $inputs.secret}}
    outputs: {token: $response.body#/access_token}
  - {stepId: granted, operationId: granted}
  - {stepId: challenged, operationId: challenged}
  - stepId: use
    operationId: use
    parameters: [{name: Authorization, in: header, value: "Bearer {$steps.login.outputs.token}"}]
    successCriteria: [{condition: $response.body#/state == $inputs.ends}, {condition: "^ok", context: $response.header.X-Echo, type: regex}]
    onFailure: [{name: again, type: retry, retryLimit: 1, retryAfter: 0}]
    outputs: {all: $response.body}
`

// secretOutputs are outputs whose secrets a run returns (docs/command.md), but no file
// about the run has.
const secretOutputs = "  outputs: {token: $steps.login.outputs.token, all: $steps.use.outputs.all, own: $inputs.secret}\n"

const secretsDescription = `
openapi: 3.1.0
info: {title: API, version: "1"}
servers: [{url: "http://api.example"}]
security: [{key: [], query: [], basic: []}]
paths:
  /login:
    post:
      operationId: login
      requestBody: {content: {application/json: {schema: {}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object}}}}}
  /granted: {get: {operationId: granted, security: [{granted: []}], responses: {"200": {description: ok}}}}
  /challenged: {get: {operationId: challenged, security: [{challenged: []}], responses: {"200": {description: ok}}}}
  /use: {get: {operationId: use, responses: {"200": {$ref: "#/components/responses/Use"}}}}
components:
  responses:
    Use:
      description: what is wrong with it in all places
      headers: {X-Echo: {schema: {type: integer}}}
      content:
        application/json:
          schema:
            properties: {state: {const: sold}, echo: {type: integer}, authorization: {maxItems: 0}, query: {const: 1}}
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: api_key}
    basic: {type: http, scheme: basic}
    challenged: {type: http, scheme: digest}
    granted: {type: oauth2, flows: {clientCredentials: {tokenUrl: /grant, scopes: {}}}}
`

// planted are secrets by where they come from: each has what a URL, JSON and HTML
// write in another way.
var planted = map[string]string{
	"input":           `in/put+s "7f&<1>`,
	"header key":      `header/k+y "7f&<2>`,
	"query key":       `query/k+y "7f&<3>`,
	"basic password":  `pass/w+rd "7f&<4>`,
	"-H":              `extra/h+ader "7f&<5>`,
	"token":           `tok/e+n "7f&<6>`,
	"cookie":          `cookie/v+lue.7f&<7>`,
	"userinfo":        `user/i+nfo7f<8>`,
	"client secret":   `client/s+cret "7f&<9>`,
	"granted token":   `granted/t+ken-7f<10>`,
	"digest password": `digest/p+ss "7f&<11>`,
}

// outputs are the ways in which a run can be told: arguments, where FILE is a file that they write.
var outputs = map[string][]string{
	"text":    {},
	"json":    {"-o", "json"},
	"trace":   {"--trace", "FILE"},
	"diff":    {"--trace", "FILE"}, // and then what differs from another run
	"verbose": {"-v"},
	"explain": {"--explain"},
	"curl":    {"--curl"},
	"har":     {"--report", "har=FILE"},
	"junit":   {"--report", "junit=FILE"},
	"html":    {"--report", "html=FILE"},
	"ctrf":    {"--report", "ctrf=FILE"},
	"md":      {"--report", "md=FILE"},
	"sarif":   {"--report", "sarif=FILE"},
	"github":  {"--report", "github"},

	"contract":       {"--contract=warn", "--contract-requests"},
	"contract, html": {"--contract=warn", "--report", "html=FILE"},
	"contract, json": {"--contract=warn", "-o", "json"},
	"dry run":        {"--dry-run"},
	"plan":           {"--dry-run", "-o", "json"},
}

// TestNoOutputHasASecret runs a workflow that uses every kind of secret against a server
// that repeats what it is sent, and looks for them in all that the command says and writes.
func TestNoOutputHasASecret(t *testing.T) {
	var seen sync.Map // paths with the schemes of their Authorization
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		seen.Store(r.URL.Path+" "+scheme, true)
		sent, err := httputil.DumpRequest(r, true)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/grant":
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": planted["granted token"], "token_type": "Bearer",
				"refresh_token": planted["granted token"] + "2", "expires_in": 3600, "echo": string(sent)})
			return
		case r.URL.Path == "/challenged" && r.Header.Get("Authorization") == "":
			w.Header().Set("WWW-Authenticate", `Digest realm="r", nonce="n", qop="auth"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Echo", "ok "+r.Header.Get("X-Key"))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: planted["cookie"]})
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": planted["token"], "state": "open", "echo": string(sent),
			"authorization": r.Header["Authorization"], "query": r.URL.Query(), "cookie": r.Header["Cookie"]})
	}))
	t.Cleanup(func() {
		server.Close()
		for _, want := range []string{"/grant Basic", "/granted Bearer", "/challenged Digest", "/use Bearer", "/login Basic"} {
			if _, ok := seen.Load(want); !ok {
				t.Errorf("no request of %s", want)
			}
		}
	})
	for _, ends := range []string{"open", "closed"} { // a run that succeeds, one that fails
		for name, args := range outputs {
			t.Run(name+", "+ends, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				document := secretsDocument
				if slices.ContainsFunc(args, func(arg string) bool { return strings.Contains(arg, "FILE") }) {
					document += secretOutputs
				}
				for file, text := range map[string]string{"w.yaml": document, "api.yaml": secretsDescription} {
					if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				to := strings.Replace(server.URL, "//", "//"+url.UserPassword("u", planted["userinfo"]).String()+"@", 1)
				command := []string{"run", "w.yaml", "--server", to, "--cookies", "jar", "-i", "secret=env:INPUT", "-i", "ends=" + ends,
					"--credential", "key=env:KEY", "--credential", "query=env:QUERY", "--credential", "basic=env:BASIC",
					"--auth", "challenged=env:DIGEST", "--auth", "granted={client_id: c, client_secret: env:CLIENT}",
					"-H", "X-Auth-Token: env:EXTRA"}
				for _, arg := range args {
					command = append(command, strings.Replace(arg, "FILE", "told", 1))
				}
				said := gobelin(t, dir, ends == "open", command...)
				told := said
				if name == "diff" {
					gobelin(t, dir, false, append(command[:len(command)-1], "other", "-i", "ends=other", "-i", "secret=quite-another")...)
					if told = gobelin(t, dir, false, "diff", "told", "other"); !strings.Contains(told, "ends") {
						t.Errorf("two runs do not differ: %s", told)
					}
				} else if document != secretsDocument {
					file, err := os.ReadFile(filepath.Join(dir, "told"))
					if err != nil {
						t.Fatal(err)
					}
					told = string(file)
				}
				if name == "text" {
					told += gobelin(t, dir, true, "auth", "w.yaml", "granted", "--server", to, "--auth",
						"granted={client_id: other, client_secret: env:CLIENT}")
				}
				for from, secret := range planted {
					for how, text := range writings(secret) {
						if i := strings.Index(told, text); i >= 0 {
							t.Errorf("the %s is told (%s): …%s", from, how, told[max(0, i-200):min(len(told), i+len(text)+20)])
						}
					}
				}
			})
		}
	}
}

// gobelin runs the command with the secrets in its environment, and returns what it says. It may exit with 1 unless it must succeed.
func gobelin(t *testing.T, dir string, must bool, args ...string) string {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOBELIN_TEST_COMMAND=1", "INPUT="+planted["input"], "KEY="+planted["header key"],
		"QUERY="+planted["query key"], "BASIC=u:"+planted["basic password"], "EXTRA="+planted["-H"],
		"CLIENT="+planted["client secret"], "DIGEST=u:"+planted["digest password"], "XDG_CACHE_HOME="+filepath.Join(dir, "cache"),
		"HOME="+dir)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	err := c.Run()
	if code := c.ProcessState.ExitCode(); code != 0 && (must || code != 1) {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return said.String()
}

// writings are the ways in which a text can be written.
func writings(text string) map[string]string {
	quoted := func(text string) string {
		data, err := json.Marshal(text)
		if err != nil {
			panic(err)
		}
		return string(data[1 : len(data)-1])
	}
	plain := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(quoted(text))
	w := map[string]string{"as it is": text, "query": url.QueryEscape(text), "path": url.PathEscape(text),
		"query, strictly": strings.ReplaceAll(url.QueryEscape(text), "+", "%20"), "JSON": plain, "JSON for HTML": quoted(text),
		"JSON twice": quoted(plain), "HTML": html.EscapeString(text), "user information": url.UserPassword("", text).String()}
	for i := range 3 { // of base64, which begins within a text at any of three places
		data := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", i) + text))
		w[fmt.Sprint("base64, ", i)] = data[[]int{0, 2, 3}[i] : len(data)-4]
	}
	return w
}
