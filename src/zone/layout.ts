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
 * An entry refers to nothing outside itself but by name, so it can be copied to another shard as it is:
 *
 *     word 0          octets of the name | number of RRsets << 8 | zone index << 16 | apex << 24
 *     word 1          words of this entry
 *     3 words a set   type | target offset << 16, number of records, word index of its table from the entry's start
 *     octets          the name, lower case, padded to a word
 *     tables          record i of a set starts at octet table[i] from the entry's start and ends at table[i + 1];
 *                     a set with targets (SRV, NS) has then two words a record: hash of the target, number of the target
 *     octets          the records, in full, their owner a pointer to the question's name (C0 0C), padded to a word
 *
 * "Target offset" is where in a record the name of its target starts; 0 for sets without targets. Records of a set are
 * sorted, so that records of one target are neighbours and equal zones have equal octets.
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
export const TARGET_SHIFT = 16;

/** A pointer to octet 12 of the message, where the question's name stands (RFC 1035 §4.1.4). */
export const QUESTION_POINTER = 0xc00c;
/** Owner pointer, type, class, TTL, RDLENGTH. */
export const RECORD_HEADER = 12;
/** Where an NS record's target starts. */
export const NS_TARGET = RECORD_HEADER;
/** Where an SRV record's target starts: behind priority, weight and port. */
export const SRV_TARGET = RECORD_HEADER + 6;

/** An entry's address in a snapshot: shard << 24 | word index; 0 is no entry. */
export const ENTRY_SHIFT = 24;
export const ENTRY_MASK = 0xffffff;

/** The shard a name of this hash lives in. */
export function shardOf(hash: number): number {
  return hash >>> (32 - SHARD_BITS);
}
