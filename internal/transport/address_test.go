package transport

import (
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.0.1": true, "100.128.0.1": true,
		"192.169.0.1": true, "223.255.255.254": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true,
		"2002:808:808::1": true,

		"127.0.0.1": false, "127.255.255.254": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false,
		"172.31.255.255": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false,
		"192.0.0.1": false, "198.18.0.1": false, "198.19.0.1": false, "224.0.0.1": false, "239.1.1.1": false, "240.0.0.1": false,
		"255.255.255.255": false, "::": false, "::1": false, "::7f00:1": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false,
		"fc00::1": false, "fd12:3456::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "2002:7f00:1::1": false, "2002:a00:1::": false,
		"2001:db8::1": false, "2001::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is a public one")
	}
}

func TestPublicName(t *testing.T) {
	for name, want := range map[string]bool{
		"api.example": true, "example.com": true, "example.com.": true, "10.example": true, "localhost.example": true, "8.8.8.8": true,
		"2606:4700::1111": true, "0x.example": true,

		"localhost": false, "LOCALHOST": false, "a.localhost": false, "localhost.": false, "printer.local": false,
		"metadata.google.internal": false,
		"":                         false, ".": false, "127.0.0.1": false, "::1": false, "::ffff:7f00:1": false, "2130706433": false,
		"0x7f000001": false,
		"0x7f.1":     false, "017700000001": false, "127.1": false, "127.0.0.1.": false, "8.8": false,
	} {
		if got := publicName(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
