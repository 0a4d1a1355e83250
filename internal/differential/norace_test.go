//go:build !race

package differential

const thin = 1
