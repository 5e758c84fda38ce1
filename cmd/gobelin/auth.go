package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/auth"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/zalando/go-keyring"
	"golang.org/x/term"
)

// credentials hold the flags that say where credentials come from.
type credentials struct {
	given   []string
	file    string
	command *cobra.Command
}

func (s *credentials) flags(c *cobra.Command) {
	s.command = c
	f := c.Flags()
	f.StringArrayVar(&s.given, "auth", nil, "`NAME=VALUE` for the security scheme NAME, or SOURCE.NAME, of the descriptions: the credential, "+
		"@file, env:VARIABLE, exec:COMMAND, keyring:SERVICE/USER, or {grant_type: …, client_id: …} and the like; also --credential")
	f.StringVar(&s.file, "auth-file", "", "`FILE` with credentials by the names of schemes (default $"+fileVariable+")")
	// --credential is what --auth was called when it took less.
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "credential" {
			name = "auth"
		}
		return pflag.NormalizedName(name)
	})
}

// fileVariable is the variable of the environment that names a credentials file.
const fileVariable = "GOBELIN_AUTH_FILE"

// variable returns the variable of the environment for the credential of a scheme.
func variable(c runtime.CredentialInfo) string {
	return "GOBELIN_AUTH_" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, c.Source+"_"+c.Scheme)
}

// read reads all credentials for workflows: those of flags go before those of the environment,
// and these before those of a file.
func (s *credentials) read(infos []runtime.WorkflowInfo, read reader) (*auth.Credentials, error) {
	all, err := s.inFile()
	if err != nil {
		return nil, err
	}
	if err := inEnvironment(all, infos); err != nil {
		return nil, err
	}
	given, err := s.inFlags(infos, read)
	if err != nil {
		return nil, err
	}
	for _, w := range infos {
		for _, c := range w.Credentials {
			if _, ok := given[c.Scheme]; ok && !strings.Contains(c.Source, ".") {
				delete(all, c.Source+"."+c.Scheme) // which would go before the shorter name of the flag
			}
		}
	}
	maps.Copy(all, given)
	c := &auth.Credentials{Schemes: all, Folder: tokens(), Keyring: fromKeyring}
	if out := newTerminal(s.command.ErrOrStderr()); out.shown && term.IsTerminal(int(os.Stdin.Fd())) {
		c.Visit = func(_ context.Context, v auth.Visit) error { return visit(out, v) }
	}
	return c, nil
}

// inFlags reads --auth.
func (s *credentials) inFlags(infos []runtime.WorkflowInfo, read reader) (map[string]auth.Scheme, error) {
	all, known := map[string]auth.Scheme{}, schemes(infos)
	for _, text := range s.given {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok || name == "":
			return nil, errors.New("--auth: write NAME=VALUE")
		case len(sharing(infos, name)) > 0:
			return nil, fmt.Errorf("--auth %s: several sources have a security scheme of this name; write %s", name,
				strings.Join(sharing(infos, name), " or "))
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("--auth %s: no operation of the workflow needs a security scheme of this name%s", name, hint(name, known))
		}
		var err error
		if strings.HasPrefix(value, "@") || strings.HasPrefix(value, "env:") { // read as that of -i is
			value, err = read.value(value)
			all[name] = auth.Scheme{Secret: auth.Text(value)}
		} else {
			all[name], err = auth.Parse(value)
		}
		if err != nil {
			return nil, fmt.Errorf("--auth %s: %w", name, err)
		}
	}
	return all, nil
}

// inFile reads the credentials file.
func (s *credentials) inFile() (map[string]auth.Scheme, error) {
	name, from := s.file, "--auth-file"
	if name == "" {
		name, from = os.Getenv(fileVariable), fileVariable
	}
	if name == "" {
		return map[string]auth.Scheme{}, nil
	}
	all, err := auth.ParseFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return all, nil
}

// inEnvironment adds the credentials of the environment.
func inEnvironment(all map[string]auth.Scheme, infos []runtime.WorkflowInfo) error {
	means := map[string]string{}
	for _, w := range infos {
		for _, c := range w.Credentials {
			name, long := variable(c), c.Source+"."+c.Scheme
			text, ok := os.LookupEnv(name)
			if !ok {
				continue
			}
			if other := means[name]; other != "" && other != long {
				return fmt.Errorf("%s: it could be for %s and for %s; use --auth for both", name, other, long)
			}
			means[name] = long
			scheme, err := auth.Parse(text)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			all[long] = scheme
		}
	}
	return nil
}

// tokens is the folder of tokens; "" if the system has no place for it.
func tokens() auth.Folder {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return auth.Folder(filepath.Join(dir, "gobelin", "tokens"))
}

// fromKeyring reads SERVICE/USER from the keyring of the system.
func fromKeyring(name string) (string, error) {
	service, user, ok := strings.Cut(name, "/")
	if !ok {
		return "", errors.New("write keyring:SERVICE/USER")
	}
	return keyring.Get(service, user)
}

// visit asks the person at the terminal to sign in.
func visit(out *terminal, v auth.Visit) error {
	text := "sign in at " + v.URL + "\n"
	if v.Code != "" {
		text = "sign in at " + v.URL + " with the code " + v.Code + "\n"
	}
	if out.live {
		out.printf("\n")
	}
	return out.print(text)
}

func authCommand() *cobra.Command {
	r := run{}
	forget := false
	c := &cobra.Command{
		Use:   "auth DOCUMENT SCHEME",
		Short: "Obtain the credential of a security scheme, and explain each step",
		Long: "Obtain the credential for a security scheme of the descriptions, as a run would, and explain each step: what is sent " +
			"to the authorization server, and what it answers. A token is kept for later runs, and not shown. " +
			"gobelin auth --forget drops all tokens that are kept.\n\n" +
			"Exit codes: 0 there is a credential, 1 it could not be obtained, 2 usage or document.",
		Example: "  gobelin auth workflow.yaml login --auth 'login={grant_type: device_code, client_id: shop, issuer: https://id.example}'\n" +
			"  gobelin auth --forget",
		Args: func(c *cobra.Command, args []string) error {
			if forget && len(args) == 0 {
				return nil
			}
			return positional("gobelin auth DOCUMENT SCHEME", 2, 2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			out := newTerminal(c.OutOrStdout())
			if forget {
				n, err := tokens().Forget()
				if err != nil {
					return failure{exitFailed, err}
				}
				return out.print(count(n, "token") + " dropped\n")
			}
			return r.authenticate(c, out, args[0], args[1])
		},
	}
	r.sources.flags(c)
	r.requests.credentials.flags(c)
	c.Flags().StringArrayVar(&r.servers, "server", nil,
		"`NAME=URL` that the requests of a source go to, or just the URL if there is only one source")
	c.Flags().BoolVar(&forget, "forget", false, "drop all tokens that are kept, instead")
	c.ValidArgsFunction = r.completeWorkflows(0)
	return c
}

// authenticate obtains a credential and explains how.
func (r *run) authenticate(c *cobra.Command, out *terminal, document, name string) error {
	p, err := r.sources.open(c, document)
	if p == nil {
		return documentError(c, p, err)
	}
	infos := p.Workflows()
	if known := schemes(infos); !slices.Contains(known, name) {
		return fmt.Errorf("no operation of %s needs a security scheme %s%s", document, name, hint(name, known))
	}
	all, err := r.requests.credentials.read(infos, newReader(c.Context(), c.InOrStdin()))
	if err != nil {
		return err
	}
	var d runtime.Driver
	if err := (&exchange{}).driver(&d, &r.network, infos, reader{}, false); err != nil {
		return err
	}
	all.Client = d.Client
	all.OnStep = func(s auth.Step) { _ = out.print(stepText(s)) }
	this := selected{program: p, file: check.File{Path: document}}
	for _, w := range infos {
		this.workflows = append(this.workflows, job{WorkflowInfo: w})
	}
	if d.Servers, err = r.serversOf([]selected{this}, this); err != nil {
		return err
	}
	requests, err := requestsFor(p, &d, name)
	if err != nil {
		return err
	}
	for _, request := range requests {
		credential, err := all.Credential(c.Context(), request)
		if err == nil && credential == "" && request.Type == "mutualTLS" {
			client, failed := all.ClientFor(c.Context(), request, d.Client)
			if err = failed; client != nil {
				credential = secret.Masked
			}
		}
		switch {
		case err != nil:
			return failure{exitFailed, fmt.Errorf("the credential for %s of source %s: %w", request.Scheme, request.Source, err)}
		case credential == "":
			return failure{exitFailed, fmt.Errorf("no credential for %s is given; use --auth %[1]s=VALUE", name)}
		}
		if err := out.print(fmt.Sprintf("the credential for %s of source %s goes to %s\n", request.Scheme, request.Source,
			request.Origin)); err != nil {
			return err
		}
	}
	return nil
}

// requestsFor returns what the operations of a program ask for of a scheme: one request for each
// set of scopes.
func requestsFor(p *runtime.Program, d *runtime.Driver, name string) (list []runtime.CredentialRequest, err error) {
	asked := map[string]bool{}
	for _, w := range program.Of(p).Workflows {
		for _, s := range w.Steps {
			if s.Operation == nil {
				continue
			}
			send := program.Send(p, s).(*runtime.Send)
			for _, requirement := range slices.Concat(send.Security...) {
				if long := send.Source + "." + requirement.Scheme; name != long && (name != requirement.Scheme || requirement.Called) {
					continue
				}
				server, given := d.Servers[send.Source]
				if !given {
					if server, err = send.Server.Resolve(nil); err != nil {
						return nil, fmt.Errorf("%w; use --server %s=URL", err, send.Source)
					}
				}
				at, err := url.Parse(server)
				if err != nil || at.Host == "" {
					return nil, fmt.Errorf("the server %s of source %q has no host; use --server %[2]s=URL", secret.Userinfo(server), send.Source)
				}
				at.User = nil
				r := runtime.CredentialRequest{SecurityRequirement: requirement, Source: send.Source, Operation: send.Operation,
					Server: strings.TrimSuffix(at.String(), "/"), Origin: (&transport.Request{URL: at.String()}).Origin()}
				if key := fmt.Sprint(r.Origin, r.Scopes); !asked[key] {
					asked[key] = true
					list = append(list, r)
				}
			}
		}
	}
	return list, nil
}

// stepText is a step of a flow in words.
func stepText(s auth.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", s.Title)
	switch {
	case s.Note != "":
		fmt.Fprintf(&b, "  %s\n", s.Note)
		return b.String()
	case s.Method == "":
		fmt.Fprintf(&b, "  a person opens %s", s.URL)
	default:
		fmt.Fprintf(&b, "  %s %s", s.Method, s.URL)
	}
	if s.Client != "" {
		fmt.Fprintf(&b, ", client authentication %s", s.Client)
	}
	b.WriteByte('\n')
	for _, name := range sortedNames(s.Parameters) {
		fmt.Fprintf(&b, "    %s: %s\n", name, strings.Join(s.Parameters[name], ", "))
	}
	if s.Status == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "  answered with status %d\n", s.Status)
	for _, name := range sortedNames(s.Answer) {
		fmt.Fprintf(&b, "    %s: %s\n", name, value.Text(s.Answer[name]))
		for _, claim := range sortedNames(s.Claims[name]) {
			fmt.Fprintf(&b, "      %s: %s\n", claim, value.Text(s.Claims[name][claim]))
		}
	}
	return b.String()
}
