// Package dm stands in for a driver of the DM database, which xorm's tests
// import and the module proxy does not serve.
package dm
