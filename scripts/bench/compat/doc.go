// Package compat proves, by its test, that this project's nodes and golang/groupcache's HTTPPool fetch from each other. It is in this
// module because it needs the real one.
package compat
