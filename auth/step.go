package auth

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/secret"
)

// A Step is a step of a flow, for people to read: a request to an authorization server and its
// answer, or a page to be opened. Secrets are masked.
type Step struct {
	Title      string         // "discovery", "client credentials", "sign in", …
	Note       string         // what there is to say of a step that is not a request
	Method     string         // of the request; "" for a page that a person opens
	URL        string         // of a page without its query
	Client     string         // how the client authenticates itself, such as client_secret_basic
	Parameters url.Values     // of the request's form, or of the page's query
	Status     int            // of the answer; 0 if there is none
	Answer     map[string]any // its members, if it is a JSON object
	// Claims are those of tokens of the answer that are JWTs, by the name of the member. Nobody
	// has verified them.
	Claims map[string]map[string]any
}

// hidden are the parameters and members whose values are secrets. The user_code of a device is
// for the person who signs in.
var hidden = []string{"access_token", "refresh_token", "id_token", "device_code", "code", "code_verifier", "client_secret", "password",
	"client_assertion", "subject_token", "actor_token", "assertion", "registration_access_token"}

func (c *Credentials) tell(s Step) {
	if c.OnStep != nil {
		c.OnStep(s)
	}
}

// tellPage tells that a person is asked to open a page.
func (c *Credentials) tellPage(page string) {
	if u, err := url.Parse(page); err == nil {
		parameters := u.Query()
		u.RawQuery = ""
		c.tell(Step{Title: "sign in", URL: u.Redacted(), Parameters: c.shown(parameters)})
	}
}

// teller returns a client like another one that follows no redirects and tells its
// requests as steps.
func (c *Credentials) teller(open *http.Client, title, method string) *http.Client {
	if open == nil {
		open = http.DefaultClient
	}
	client := *open
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Timeout = cmp.Or(client.Timeout, timeout)
	client.Jar = nil
	client.Transport = &teller{credentials: c, open: cmp.Or[http.RoundTripper](open.Transport, http.DefaultTransport),
		step: Step{Title: title, Client: method}}
	return &client
}

// timeout is how long an authorization server may take.
const timeout = 30 * time.Second

type teller struct {
	credentials *Credentials
	open        http.RoundTripper
	step        Step
	basic       *url.Userinfo // authenticates the client where package oauth2 does not; nil: nothing
}

// RoundTrip sends a request and tells it.
func (t *teller) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.basic != nil {
		r = r.Clone(r.Context())
		password, _ := t.basic.Password()
		r.SetBasicAuth(t.basic.Username(), password)
	}
	step := t.step
	if t.credentials.OnStep != nil {
		step.Method, step.URL, step.Parameters = r.Method, t.credentials.mask(r.URL.Redacted()), t.credentials.shown(form(r))
	}
	response, err := t.open.RoundTrip(r)
	if err == nil && t.credentials.OnStep != nil {
		err = t.answer(&step, response)
	}
	t.credentials.tell(step)
	return response, err
}

// form returns the parameters of a request.
func form(r *http.Request) url.Values {
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil
	}
	return form
}

// shown masks the secrets of parameters, in place.
func (c *Credentials) shown(parameters url.Values) url.Values {
	for name, values := range parameters {
		for i, v := range values {
			if values[i] = c.mask(v); slices.Contains(hidden, name) {
				values[i] = secret.Masked
			}
		}
	}
	return parameters
}

// answer reads the answer for a step, and leaves it to be read.
func (t *teller) answer(step *Step, response *http.Response) error {
	step.Status = response.StatusCode
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata+1))
	if err != nil {
		response.Body.Close()
		return err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), response.Body), response.Body}
	if json.Unmarshal(body, &step.Answer) != nil {
		return nil
	}
	for name, v := range step.Answer {
		text, ok := v.(string)
		if !ok || !slices.Contains(hidden, name) {
			continue
		}
		if claims := claimsOf(text); claims != nil {
			if step.Claims == nil {
				step.Claims = map[string]map[string]any{}
			}
			step.Claims[name] = claims
		}
		t.credentials.hide(text)
		step.Answer[name] = secret.Masked
	}
	t.credentials.mu.Lock()
	defer t.credentials.mu.Unlock()
	step.Answer = t.credentials.known.Members(step.Answer)
	return nil
}

// claimsOf returns the claims of a JWT; nil if the text is not one.
func claimsOf(text string) (claims map[string]any) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(data, &claims) != nil {
		return nil
	}
	return claims
}
