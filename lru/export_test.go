package lru

// LimitChunks lets c have few more chunks than n: those that what is kept is moved to.
func (c *Cache) LimitChunks(n int) { c.index.chunks.most = int64(n) }
