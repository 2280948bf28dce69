# SPDX-License-Identifier: LGPL-2.1-or-later
"""The wire format of protocol buffers, as far as the CRI needs it: dictionaries to bytes and back, after the table in messages.py.

Encoding is strict (a key that the table does not have is an error), decoding is not: what newer peers send besides is skipped.
"""
import struct

from messages import MESSAGES

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
NUMBERS = {"int32", "int64", "uint32", "uint64", "bool", "enum"}


def _fields():
    table = {}
    for message, text in MESSAGES.items():
        rows = [row.split() for row in text.split(",") if row.strip()]
        table[message] = {name: (int(number), kind.removesuffix("[]"), kind.endswith("[]")) for number, name, kind in rows}
    return table


FIELDS = _fields()
BY_NUMBER = {message: {number: (name, kind, many) for name, (number, kind, many) in rows.items()} for message, rows in FIELDS.items()}


def varint(value):
    value &= 0xFFFFFFFFFFFFFFFF  # negative numbers take ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def take_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than ten bytes")


def _chunk(number, data):
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def _one(number, kind, value):
    if kind in NUMBERS:
        return varint(number << 3 | VARINT) + varint(int(value))
    if kind == "double":
        return varint(number << 3 | FIXED64) + struct.pack("<d", value)
    if kind in ("string", "bytes"):
        return _chunk(number, value if isinstance(value, bytes) else str(value).encode())
    return _chunk(number, encode(kind, value))


def encode(message, values):
    """A dictionary as a message. None is a field that is not there; what is given is written, also if it is the default."""
    out = b""
    for name, value in values.items():
        if name not in FIELDS[message]:
            raise KeyError(f"{message} has no field {name}")
        number, kind, many = FIELDS[message][name]
        if value is None:
            continue
        if kind == "map":
            out += b"".join(_chunk(number, _one(1, "string", k) + _one(2, "string", v)) for k, v in value.items())
        elif many and kind in NUMBERS:
            out += _chunk(number, b"".join(varint(int(v)) for v in value)) if value else b""
        else:
            out += b"".join(_one(number, kind, v) for v in (value if many else [value]))
    return out


def _raw(data):
    """The fields of a message as (number, wire type, value)."""
    at = 0
    while at < len(data):
        tag, at = take_varint(data, at)
        wire = tag & 7
        if wire == VARINT:
            value, at = take_varint(data, at)
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
            value, at = data[at:at + size], at + size
        elif wire == BYTES:
            size, at = take_varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("a message that ends early")
        else:
            raise ValueError(f"wire type {wire}")
        yield tag >> 3, wire, value


def _number(kind, value):
    if kind == "bool":
        return bool(value)
    if kind in ("int32", "int64", "enum") and value >= 1 << 63:
        return value - (1 << 64)
    return value


def _default(kind):
    return {"string": "", "bytes": "", "bool": False, "double": 0.0, "map": {}}.get(kind, 0 if kind in NUMBERS else None)


def decode(message, data):
    """A message as a dictionary that has every field of the table: what was not sent has its default, a message None, a list []."""
    out = {name: [] if many else _default(kind) for name, (_, kind, many) in FIELDS[message].items()}
    for number, wire, value in _raw(data):
        if number not in BY_NUMBER[message]:
            continue
        name, kind, many = BY_NUMBER[message][number]
        if kind == "map":
            pair = {n: v.decode(errors="replace") for n, _, v in _raw(value)}
            out[name] = {**out[name], pair.get(1, ""): pair.get(2, "")}
            continue
        if kind in NUMBERS and wire == BYTES:  # packed
            at = 0
            while at < len(value):
                one, at = take_varint(value, at)
                out[name].append(_number(kind, one))
            continue
        if kind in NUMBERS:
            value = _number(kind, value)
        elif kind == "double":
            value = struct.unpack("<d", value)[0]
        elif kind in ("string", "bytes"):
            value = value.decode(errors="replace")
        else:
            value = decode(kind, value)
        if many:
            out[name].append(value)
        else:
            out[name] = value
    return out
