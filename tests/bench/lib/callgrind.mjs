// What a file of valgrind's callgrind says: instructions by library, and calls that ask for memory.
import fs from 'node:fs';

const asks = /^(mi_|__libc_|rpl_)?(malloc|calloc|realloc|reallocarray|zalloc|memalign|posix_memalign|aligned_alloc|strdup|strndup|new|heap_\w*alloc\w*)\w*$|^operator new/;
const owns = /libmimalloc/;

// Names are written once as "(7) text" and then as "(7)".
function names() {
  const known = new Map();
  return (field) => {
    const [, key, text] = field.match(/^\((\d+)\)(?: (.*))?$/) ?? [undefined, field, field];
    if (text !== undefined) known.set(key, text);
    return known.get(key);
  };
}

export function readCallgrind(file) {
  const object = names(), func = names();
  const instructions = new Map();
  let at, inFunction, calledObject, called, allocations = 0, afterCalls = false;
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    const [, key, value] = line.match(/^(\w+)=(.*)$/) ?? [];
    if (key === 'ob') at = object(value);
    else if (key === 'fn') inFunction = func(value);
    else if (key === 'cob') calledObject = object(value);
    else if (key === 'cfn') called = func(value);
    else if (key === 'calls') {
      afterCalls = true;
      // An allocator's calls of itself are not another allocation.
      if (asks.test(called) && !asks.test(inFunction) && !owns.test(at)) allocations += Number(value.split(' ')[0]);
      calledObject = called = undefined;
    } else if (/^[\d+*-]/.test(line)) {
      if (!afterCalls) instructions.set(at, (instructions.get(at) ?? 0) + Number(line.split(' ')[1]));
      afterCalls = false;
    }
  }
  return { allocations, instructions };
}
