package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Secret is a text that is not shown, or where it comes from. The zero Secret is a
// missing one.
type Secret struct {
	kind kind
	text string
}

type kind int

const (
	literal kind = iota
	command
	keyring
)

// Text returns a secret that is known.
func Text(text string) Secret { return Secret{literal, text} }

// Command returns a secret that a command of the system's shell prints: its output without
// the line breaks at its end. It is run when the secret is needed, and again when a server
// rejects what it printed.
func Command(line string) Secret { return Secret{command, line} }

// Keyring returns a secret that the keyring of the system has, see [Credentials].
func Keyring(name string) Secret { return Secret{keyring, name} }

// String returns "***".
func (s Secret) String() string { return secret.Masked }

// GoString returns "***".
func (s Secret) GoString() string { return secret.Masked }

// ParseSecret reads a secret as it is written on a command line: env:NAME is a variable of
// the environment, file:PATH the text of a file without the line breaks at its end, exec:LINE
// a [Command], keyring:NAME one of the [Keyring], text:TEXT, or any other text, itself. The
// error says that a variable is not set, or why a file cannot be read.
func ParseSecret(text string) (Secret, error) {
	from, name, _ := strings.Cut(text, ":")
	switch from {
	case "env":
		value, ok := os.LookupEnv(name)
		if !ok {
			return Secret{}, fmt.Errorf("the environment variable %s is not set", name)
		}
		return Text(value), nil
	case "file":
		data, err := tree.ReadFile(name)
		return Text(strings.TrimRight(string(data), "\r\n")), err
	case "exec":
		return Command(name), nil
	case "keyring":
		return Keyring(name), nil
	case "text":
		return Text(name), nil
	}
	return Text(text), nil
}

// read returns a secret, anew if it is the one that was rejected. A command is run once for all
// that need it.
func (c *Credentials) read(ctx context.Context, s Secret, rejected string) (string, error) {
	if s.kind == literal {
		c.hide(s.text)
		return s.text, nil
	}
	fresh := func(text string) bool { return rejected == "" || text != rejected }
	return c.secrets.get(ctx, fmt.Sprint(int(s.kind), s.text), fresh, func(string, bool) (text string, err error) {
		switch {
		case s.kind == command:
			text, err = output(ctx, s.text)
		case c.Keyring == nil:
			return "", errors.New("there is no keyring to read it from")
		default:
			if text, err = c.Keyring(s.text); err != nil {
				err = fmt.Errorf("reading %q from the keyring: %w", s.text, err)
			}
		}
		c.hide(text)
		return text, err
	})
}

// maxOutput bounds what is read of a command.
const maxOutput = 1 << 20

// output runs a command. What it says on its standard error is not repeated: it may have
// the secret.
func output(ctx context.Context, line string) (string, error) {
	shell, flag := "sh", "-c"
	if goruntime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	cmd := exec.CommandContext(ctx, shell, flag, line)
	out := bounded{left: maxOutput}
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return "", cause
		}
		return "", fmt.Errorf("the command of exec: failed: %w", err)
	}
	text := strings.TrimRight(out.String(), "\r\n")
	if text == "" {
		return "", errors.New("the command of exec: printed nothing")
	}
	return text, nil
}

// bounded is a buffer that takes so many bytes.
type bounded struct {
	bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.left {
		return 0, fmt.Errorf("it printed more than %d bytes", maxOutput)
	}
	b.left -= len(p)
	return b.Buffer.Write(p)
}
