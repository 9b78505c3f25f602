import { MEDIA_CONTAINERS } from '@audiocloud/api';
import t from 'tap';
import { fileKindOf, fileNameOf } from './media-content-type.ts';

t.test('media are sent as what they are, whatever their name says', async (t) => {
  const wav = fileKindOf({ container: 'wav' });
  t.equal(wav.type, 'audio/wav');
  t.equal(fileNameOf('Drums.WAV', wav), 'Drums.WAV');
  t.equal(fileNameOf('take 3', wav), 'take 3.wav');
  t.equal(fileNameOf('page.html', wav), 'page.html.wav');
  t.equal(fileKindOf({ container: 'mp4', hasVideo: true }).type, 'video/mp4');
  t.equal(fileKindOf({ container: 'mp4' }).type, 'audio/mp4');
  t.equal(fileKindOf(undefined).type, 'application/octet-stream');
});

t.test('no container is sent as something that a browser would run', async (t) => {
  for (const container of MEDIA_CONTAINERS)
    for (const hasVideo of [true, false])
      t.match(fileKindOf({ container, hasVideo }).type, /^(audio\/|video\/|application\/octet-stream$)/, container);
});
