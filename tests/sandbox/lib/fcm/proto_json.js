'use strict';
// Reads JSON as Google's protobuf-JSON front end does: every field known, every value of its type. A field may be written in
// camelCase or snake_case. What is wrong is gathered as violations {field, description} in the front end's own words.

const string = { kind: 'string' };
const bool = { kind: 'bool' };
const int32 = { kind: 'int32' };
const float = { kind: 'float' };
const duration = { kind: 'duration' };
const timestamp = { kind: 'timestamp' };
const struct = { kind: 'struct' };
const stringMap = { kind: 'map' };
const list = (item) => ({ kind: 'list', item });
const enumeration = (name, values, alsoLowerCase = false) => ({ kind: 'enum', name, values, alsoLowerCase });
const message = (fields, oneof = []) => ({ kind: 'message', fields, oneof });

const toCamel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const show = (value) => JSON.stringify(value);
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

function wrongValue(path, type, value, more = show(value)) {
  return { field: path, description: `Invalid value at '${path}' (${type}), ${more}` };
}

function isInt32(value) {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && Math.abs(number) < 2 ** 31;
}

const TIMESTAMP = /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const DURATION_TYPE = 'type.googleapis.com/google.protobuf.Duration';

const SCALARS = {
  string: (value, path) => (typeof value === 'string' ? null : wrongValue(path, 'TYPE_STRING', value)),
  bool: (value, path) => (typeof value === 'boolean' ? null : wrongValue(path, 'TYPE_BOOL', value)),
  int32: (value, path) => (isInt32(value) ? null : wrongValue(path, 'TYPE_INT32', value)),
  float: (value, path) => (Number.isFinite(value) ? null : wrongValue(path, 'TYPE_FLOAT', value)),
  struct: (value, path) => (isObject(value) ? null : wrongValue(path, 'type.googleapis.com/google.protobuf.Struct', value)),
  timestamp: (value, path) => (typeof value === 'string' && TIMESTAMP.test(value) ? null
    : wrongValue(path, 'type.googleapis.com/google.protobuf.Timestamp', value, `Field '${path.split('.').pop()}', Illegal timestamp format`)),
  duration: (value, path) => (typeof value === 'string' && /^-?\d{1,12}(\.\d{1,9})?s$/.test(value) ? null
    : wrongValue(path, DURATION_TYPE, value, `Field '${path.split('.').pop()}', Illegal duration format; duration must end with 's'`)),
};

function readEnum(value, type, path, violations) {
  const name = type.alsoLowerCase && typeof value === 'string' ? value.toUpperCase() : value;
  if (!type.values.includes(name)) violations.push(wrongValue(path, `type.googleapis.com/google.firebase.fcm.v1.${type.name}`, value));
  return name;
}

function readList(value, type, path, violations) {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item, i) => read(item, type.item, `${path}[${i}]`, violations));
}

function readMap(value, path, violations) {
  if (!isObject(value)) {
    violations.push(wrongValue(path, 'map', value));
    return {};
  }
  Object.values(value).forEach((item, i) => {
    if (typeof item !== 'string') violations.push(wrongValue(`${path}[${i}].value`, 'TYPE_STRING', item));
  });
  return value;
}

function unknownName(name, path) {
  const description = `Invalid JSON payload received. Unknown name "${name}"${path ? ` at '${path}'` : ''}: Cannot find field.`;
  return path ? { field: path, description } : { description };
}

function readMessage(value, type, path, violations) {
  if (!isObject(value)) {
    violations.push(wrongValue(path, 'type.googleapis.com/google.firebase.fcm.v1.Message', value));
    return {};
  }
  const out = {};
  let chosen = null;
  for (const [name, item] of Object.entries(value)) {
    const key = Object.hasOwn(type.fields, name) ? name : toCamel(name);
    const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
    const inner = path ? `${path}.${name}` : name;
    if (field === undefined || (key !== name && !/^[a-z0-9_]+$/.test(name))) violations.push(unknownName(name, path));
    else if (item === null) continue;
    else if (key in out) violations.push(wrongValue(inner, 'oneof', item, `field '${name}' is already set`));
    else if (type.oneof.includes(key) && chosen) {
      violations.push({ field: path, description: `Invalid value at '${path}' (oneof), oneof field 'target' is already set. Cannot set '${name}'` });
    } else {
      if (type.oneof.includes(key)) chosen = key;
      out[key] = read(item, field, inner, violations);
    }
  }
  return out;
}

function read(value, type, path, violations) {
  if (type.kind === 'message') return readMessage(value, type, path, violations);
  if (type.kind === 'map') return readMap(value, path, violations);
  if (type.kind === 'list') return readList(value, type, path, violations);
  if (type.kind === 'enum') return readEnum(value, type, path, violations);
  const violation = SCALARS[type.kind](value, path);
  if (violation) violations.push(violation);
  return value;
}

// {value, violations}: the value with all field names in camelCase; only meaningful without violations.
function readProtoJson(json, type) {
  const violations = [];
  return { value: read(json, type, '', violations), violations };
}

module.exports = { readProtoJson, string, bool, int32, float, duration, timestamp, struct, stringMap, list, enumeration, message };
