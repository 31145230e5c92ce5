/**
 * The binary layout of one shard of a zone: an open-addressing hash table of names over one SharedArrayBuffer, written
 * once by the builder and only read afterwards. Words are 32 bits in the machine's order; octets are DNS wire form.
 *
 *     word 0          number of names
 *     word 1          number of slots - 1 (a power of two less one)
 *     word 2          number of words in use; the memory may be larger
 *     word 3 …        slots: hash of the name, word index of its entry (0 = empty slot)
 *     then            entries, each starting on a word
 *
 * An entry refers to nothing outside itself but by name, so it can be copied to another shard as it is. Positions in it
 * count from its start:
 *
 *     word 0          octets of the name | number of RRsets << 8 | zone index << 16 | apex << 24
 *     word 1          words of this entry
 *     3 words a set   type | own octets << 16 | targets << 24, number of records, word of the set's data
 *     octets          the name, lower case, padded to a word
 *     the sets' data
 *
 * What the records of a set have in common is not stored: owner, type, class and (by the zone) TTL. "Own octets" is how
 * much RDATA each record has of its own: an address, the port of an SRV record, nothing for NS and PTR. The data of a set are
 *
 *     octets          the own RDATA of each record, padded to a word
 *
 * and of a set with targets (SRV, NS, PTR), each target's name being held once:
 *
 *     word 0          octets that all records take in a message
 *     word 1          priority << 16 | weight, for SRV
 *     a word a record the number of its target
 *     octets          the own RDATA of each record, padded to a word
 *     2 words each    of every target its hash, and the word of its name << 8 | octets of it
 *     octets          the targets' names, each padded to a word
 *
 * Names are padded with zeros, so that they can be compared by words.
 *
 * Records of a set are sorted, so that those of one target are neighbours and equal zones have equal octets.
 */

export const SHARDS = 256;
export const SHARD_BITS = 8;

export const SHARD_HEADER_WORDS = 3;
export const SLOT_WORDS = 2;

export const ENTRY_HEADER_WORDS = 2;
export const RRSET_WORDS = 3;
export const TARGET_WORDS = 2;

export const RRSETS_SHIFT = 8;
export const ZONE_SHIFT = 16;
export const APEX_FLAG = 1 << 24;

export const OWN_SHIFT = 16;
export const OWN_MASK = 0xff;
export const TARGETS_FLAG = 1 << 24;
/** Position of a target's name: its word above its size. */
export const NAME_SHIFT = 8;
export const NAME_SIZE_MASK = 0xff;
/** Words of a target set's data in front of the numbers of its targets. */
export const TARGETS_HEADER_WORDS = 2;

/** Octets of a record in a message in front of its RDATA: a pointer as owner, type, class, TTL, RDLENGTH. */
export const RECORD_HEADER = 12;
/** Octets of SRV RDATA that all records of a set share: priority and weight (RFC 2782). */
export const SRV_PREFIX = 4;

/** An entry's address in a snapshot: shard << 24 | word index; 0 is no entry. */
export const ENTRY_SHIFT = 24;
export const ENTRY_MASK = 0xffffff;

/** The shard a name of this hash lives in. */
export function shardOf(hash: number): number {
  return hash >>> (32 - SHARD_BITS);
}
