package lru

// A slot of the index is one word: where a record lies, how often it was used of
// late, and bits of its key's hash. Zero is an empty slot.
//
//	bits  0 to  1  uses since the policy last looked, at most maxUses
//	bits  2 to  5  uses that the policy has counted, at most maxFrequency
//	bits  6 to 23  offset in the chunk
//	bits 24 to 47  number of the chunk, never 0
//	bits 48 to 63  tag: the highest bits of the hash
type slot uint64

const (
	useBits  = 2
	freqBits = 4
	offBits  = 18
	idBits   = 24

	freqShift = useBits
	offShift  = freqShift + freqBits
	idShift   = offShift + offBits
	tagShift  = 64 - 16

	maxUses      = 1<<useBits - 1
	maxFrequency = 1<<freqBits - 1
	maxChunks    = 1 << idBits

	// placeMask are the bits that say which record a slot is of.
	placeMask = ^slot(1<<offShift - 1)
)

func newSlot(hash uint64, id, off uint32) slot {
	return slot(hash>>tagShift<<tagShift | uint64(id)<<idShift | uint64(off)<<offShift)
}

func (s slot) tag() uint64      { return uint64(s) >> tagShift }
func (s slot) id() uint32       { return uint32(s>>idShift) & (1<<idBits - 1) }
func (s slot) off() uint32      { return uint32(s>>offShift) & (1<<offBits - 1) }
func (s slot) uses() uint8      { return uint8(s & maxUses) }
func (s slot) frequency() uint8 { return uint8(s>>freqShift) & maxFrequency }
func (s slot) place() slot      { return s & placeMask }
func (s slot) unused() slot     { return s &^ maxUses }

// counted moves the uses to the frequency, leaving some uses.
func (s slot) counted(left uint8) slot {
	f := min(s.frequency()+s.uses(), maxFrequency)
	return s.withFrequency(f).unused() | slot(left)
}

func (s slot) withFrequency(f uint8) slot {
	return s&^(maxFrequency<<freqShift) | slot(f)<<freqShift
}
