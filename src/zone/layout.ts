/**
 * The binary layout of one shard of a zone: an open-addressing hash table of names in one SharedArrayBuffer, written
 * once by the builder and only read afterwards. Words are 32 bits in the machine's order; octets are DNS wire form.
 *
 *     word 0          number of names
 *     word 1          number of slots - 1; the number of slots is a power of two
 *     word 2          number of words in use; the memory may be larger
 *     word 3 …        slots: hash of the name, word index of its entry (0 = empty slot)
 *     then            entries, each starting at a word
 *
 * An entry refers to other entries only by name, so it can be copied to another shard as it is. Positions in it count
 * from its start:
 *
 *     word 0          octets of the name | number of RRsets << 8 | zone index << 16 | flags << 24
 *     word 1          number of words in this entry
 *     3 words a set   type | own octets << 16 | flags << 24, number of records, word of the set's data
 *     octets          the name, lower case, padded to a word
 *     the sets' data
 *
 * Each record stores only its own octets of RDATA: an address, the port of an SRV record, nothing for NS and PTR. All other
 * octets are common to the set or the zone: owner, type, class and TTL. The data of a set are
 *
 *     octets          the own RDATA of each record, padded to a word
 *
 * and for a set with targets (SRV, NS, PTR), in which each target's name is stored once:
 *
 *     word 0          number of octets that all its records take in a message
 *     word 1          priority << 16 | weight for SRV
 *     a word a record the number of its target
 *     octets          the own RDATA of each record, padded to a word
 *     2 words each    for every target its hash, and the word of its name << 8 | octets of its name
 *     octets          the targets' names, each padded to a word
 *
 * The data of a prepared set, which has a flag of its own and no own octets, are its words (`wire/prepared.ts`).
 *
 * Names are padded with zeros, so that they can be compared word by word.
 *
 * The records of a set are sorted, so that records with the same target are adjacent, and equal zones have equal bytes.
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
/** Flags of an entry from here on are the name's marks (`name-marks.ts`). */
export const MARKS_SHIFT = 25;
/** There is a wildcard directly below the name. */
export const WILDCARD_FLAG = 1 << MARKS_SHIFT;
/** The name is delegated: its only records are NS, and glue. */
export const CUT_FLAG = 1 << (MARKS_SHIFT + 1);
/** The name lies below a delegated one: its only records are glue. */
export const BELOW_CUT_FLAG = 1 << (MARKS_SHIFT + 2);
/** The name has a CNAME record. */
export const ALIAS_FLAG = 1 << 28;

export const OWN_SHIFT = 16;
export const OWN_MASK = 0xff;
export const TARGETS_FLAG = 1 << 24;
export const PREPARED_FLAG = 1 << 25;
/** Shift of a target name's word in its position; the name's size is in the bits below. */
export const NAME_SHIFT = 8;
export const NAME_SIZE_MASK = 0xff;
/** Words in front of the target numbers in the data of a set with targets. */
export const TARGETS_HEADER_WORDS = 2;

/** Octets of a record in a message before its RDATA: owner (a compression pointer), type, class, TTL, RDLENGTH. */
export const RECORD_HEADER = 12;
/** Octets of SRV RDATA that all records of a set share: priority and weight (RFC 2782). */
export const SRV_PREFIX = 4;

/** These octets as the word in front of a set's targets. */
export function srvPrefixOf(priority: number, weight: number): number {
  return ((priority << 16) | weight) >>> 0;
}

/** An entry's position in a snapshot: shard << 24 | word index; 0 means no entry. */
export const ENTRY_SHIFT = 24;
export const ENTRY_MASK = 0xffffff;

/** The index of the shard for names with this hash. */
export function shardOf(hash: number): number {
  return hash >>> (32 - SHARD_BITS);
}
