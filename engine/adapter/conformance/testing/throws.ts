throw new Error('no such bus here');
