package lru

import "math/bits"

// A trialKey stands for a key in trials: the upper half of its hash. If it is less than some bound, it is in the sample.
type trialKey uint32

const (
	keyBits    = 32
	allSampled = 1 << keyBits
)

func trialKeyOf(hash uint64) trialKey { return trialKey(hash >> keyBits) }

// hash returns a hash of k, all of whose bits differ between keys of a sample.
func (k trialKey) hash() uint64 { return uint64(k) * 0x9E3779B97F4A7C15 }

const stateBits = 8

// A stateTable holds the states that keys have in all trials: a hash table of
// words with a key in the upper half and a state for each trial in the lower.
// A key that is in no trial has no word.
type stateTable struct {
	words []uint64
}

func (t *stateTable) home(key trialKey) int {
	n, _ := bits.Mul32(uint32(key)*0x9E3779B1, uint32(len(t.words)))
	return int(n)
}

func (t *stateTable) after(i int) int {
	if i++; i < len(t.words) {
		return i
	}
	return 0
}

// find returns where the key is, or the empty word where it would be.
func (t *stateTable) find(key trialKey) int {
	i := t.home(key)
	for t.words[i] != 0 && trialKey(t.words[i]>>32) != key {
		i = t.after(i)
	}
	return i
}

func (t *stateTable) get(key trialKey, trial int) trialState {
	return trialState(t.words[t.find(key)] >> (trial * stateBits))
}

func (t *stateTable) set(key trialKey, trial int, s trialState) {
	i := t.find(key)
	states := uint32(t.words[i])&^((1<<stateBits-1)<<(trial*stateBits)) | uint32(s)<<(trial*stateBits)
	if states == 0 {
		t.remove(i)
		return
	}
	t.words[i] = uint64(key)<<32 | uint64(states)
}

// remove empties a word, and moves those behind it that would not be found any more.
func (t *stateTable) remove(i int) {
	t.words[i] = 0
	for j := t.after(i); t.words[j] != 0; j = t.after(j) {
		home := t.home(trialKey(t.words[j] >> 32))
		if (j-home+len(t.words))%len(t.words) >= (j-i+len(t.words))%len(t.words) {
			t.words[i], t.words[j] = t.words[j], 0
			i = j
		}
	}
}

// age halves the frequencies of all keys in a trial.
func (t *stateTable) age(trial int) {
	shift := trial * stateBits
	const mask = 1<<stateFreqShift - 1
	for i, word := range t.words {
		s := trialState(word >> shift)
		aged := s&mask | s>>1&^mask
		t.words[i] = word ^ uint64(s^aged)<<shift
	}
}
