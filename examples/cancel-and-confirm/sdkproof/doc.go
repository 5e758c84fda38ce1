// Package sdkproof proves package batchapi against the vendor's official Go SDK
// as a real client. It is a module of its own, so that nobody who imports
// gobelin downloads the SDK.
package sdkproof
