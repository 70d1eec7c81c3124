import { createHash } from "node:crypto";

/** A script for the server, known to it by its hash. */
export interface LuaScript {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): LuaScript {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/**
 * Writes key-value rows. KEYS: theirs. ARGV: now; then for each its text, in which `create_time` is
 * now, and how many bytes follow that time; 0 where the time is not to be changed. A row that is
 * replaced keeps its time, or 0 where it has none. That stands near the end of a row as LightRAG and
 * Tetrad write it: without what is escaped, a quote that follows a comma or a brace begins a name
 * there. Any other row is parsed, and where the parser refuses it, as it does half a surrogate pair,
 * the last time in it counts. Gives how many there were that replaced none, those with a time of their
 * own included.
 */
export const PUT_RECORDS = script(`
local now = ARGV[1]
local function created(key, tail)
  local plain = string.gsub(tail, '\\\\.', '')
  local time = string.match(plain, '[,{] ?"create_time": ?(%d+), ?"update_time": ?%d+, ?"_id": ?"[^"]*"}$')
  if time then return time end
  local whole = redis.call('GET', key)
  local ok, row = pcall(cjson.decode, whole)
  if not ok then
    plain = string.gsub(whole, '\\\\.', '')
    return string.match(plain, '.*[,{] ?"create_time": ?(%d+)') or '0'
  end
  time = type(row) == 'table' and row['create_time']
  if type(time) == 'number' and time >= 0 then return string.format('%.0f', time) end
  return '0'
end
local added = 0
for index, key in ipairs(KEYS) do
  local text, after = ARGV[index * 2], tonumber(ARGV[index * 2 + 1])
  local tail = after > 0 and redis.call('GETRANGE', key, -200, -1) or ''
  if tail ~= '' then
    local time = created(key, tail)
    if time ~= now then text = string.sub(text, 1, -after - #now - 1) .. time .. string.sub(text, -after) end
  end
  if tail == '' then added = added + 1 end
  redis.call('SET', key, text)
end
return added
`);

/**
 * Changes document rows and their index together, each row only if it is still the one that was
 * read. KEYS: rows and parts of the index. ARGV: how many rows; then for each the number of its key,
 * the SHA-1 of the text that was read (empty: there was none), the new text (empty: delete it; "=":
 * leave it), how
 * many index operations, and for each its command, the number of its key, and the member.
 * The row comes last: where the index cannot be written, the row stays as it is.
 * Gives 1 for each row that was changed, 0 for each that had been changed meanwhile.
 */
export const SWAP_DOCUMENTS = script(`
local results = {}
local at = 2
local function take()
  at = at + 1
  return ARGV[at - 1]
end
for row = 1, tonumber(ARGV[1]) do
  local key, expected, text, count = KEYS[tonumber(take())], take(), take(), tonumber(take())
  local current = redis.call('GET', key)
  local found = current and redis.sha1hex(current) or ''
  local is_current = found == expected
  for _ = 1, count do
    local operation, index, member = take(), KEYS[tonumber(take())], take()
    if is_current then
      if operation == 'ZADD' then redis.call('ZADD', index, 0, member)
      else redis.call(operation, index, member) end
    end
  end
  if is_current then
    if text == '' then redis.call('DEL', key)
    elseif text ~= '=' then redis.call('SET', key, text) end
  end
  results[row] = is_current and 1 or 0
end
return results
`);

/** How many documents each status has, at one moment. KEYS: the sorted sets. */
export const COUNT_DOCUMENTS = script(`
local counts = {}
for index, key in ipairs(KEYS) do counts[index] = redis.call('ZCARD', key) end
return counts
`);

/**
 * Reads one field of the documents of a status. KEYS: its sorted set. ARGV: what the keys of rows
 * begin with, the member to go on after (empty: from the start), how many members, the field, and
 * the value that is looked for, if any.
 * Gives the last member (empty: there are no more), then member and value in turn, of those with the
 * value that is looked for, or of all. The value is "=" and the text, or "" where there is none;
 * rows that are gone or are no objects are left out.
 *
 * The field is looked for in the beginning of the text first, in a longer one where the summary is of
 * escapes: before the first inner object a name is one of the row itself. Where that does not tell,
 * the row is parsed.
 */
export const READ_DOCUMENT_FIELD = script(`
local prefix, after, limit, field, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local name = '"' .. field .. '":'
local function glance(key, length)
  local text = redis.call('GETRANGE', key, 0, length - 1)
  local first, last = string.find(text, name, 1, true)
  if not first then
    if length > 640 or #text < length or string.find(text, '{', 2, true) then return false end
    return glance(key, 4096)
  end
  local inner = string.find(text, '{', 2, true)
  if inner and inner < first then return false end
  local before = string.sub(text, first - 1, first - 1)
  if before ~= ',' and before ~= ' ' and before ~= '{' then return false end
  local from = last + 1
  if string.sub(text, from, from) == ' ' then from = from + 1 end
  if string.sub(text, from, from) ~= '"' then return false end
  local till = string.find(text, '["\\\\]', from + 1)
  if not till or string.sub(text, till, till) ~= '"' then return false end
  return true, '=' .. string.sub(text, from + 1, till - 1)
end
local function read(key)
  local is_sure, value = glance(key, 640)
  if is_sure then return true, value end
  local text = redis.call('GET', key)
  if not text then return false end
  local ok, row = pcall(cjson.decode, text)
  if not ok then return true, '?' end
  if type(row) ~= 'table' then return false end
  if type(row[field]) == 'string' then return true, '=' .. row[field] end
  return true, ''
end
local start = after == '' and '-' or '(' .. after
local members = redis.call('ZRANGEBYLEX', KEYS[1], start, '+', 'LIMIT', 0, limit)
local found = { #members == limit and members[#members] or '' }
for _, member in ipairs(members) do
  local separator = string.find(member, '|', 1, true)
  if separator then
    local is_there, value = read(prefix .. string.sub(member, separator + 1))
    if is_there and (not wanted or value == '?' or value == '=' .. wanted) then
      found[#found + 1] = member
      found[#found + 1] = value
    end
  end
end
return found
`);
