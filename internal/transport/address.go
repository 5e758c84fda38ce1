package transport

import (
	"net/netip"
	"strings"
)

// special are the addresses that do not belong to the public internet (IANA's
// special-purpose registries).
var special = func() (list []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
		"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

// Where an IPv6 address of a translator has the IPv4 address that it stands for
// (RFC 6052, RFC 3056).
var translated = map[netip.Prefix]int{
	netip.MustParsePrefix("64:ff9b::/96"): 12,
	netip.MustParsePrefix("2002::/16"):    2,
}

// public reports whether everybody can reach an address.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for prefix, at := range translated {
		if prefix.Contains(a) {
			bytes := a.As16()
			a, _ = netip.AddrFromSlice(bytes[at : at+4])
		}
	}
	for _, prefix := range special {
		if prefix.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

// publicName reports whether the name of a host may be that of a public address:
// all that is known where somebody else, such as a proxy, resolves it.
func publicName(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return public(a)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case last == "localhost", last == "local", last == "internal", last == "":
		return false
	case '0' <= last[0] && last[0] <= '9':
		return false // a number is an address in an unusual form
	}
	return true
}
