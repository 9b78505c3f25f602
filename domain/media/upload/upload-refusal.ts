import { AudioCloudError, type ErrorCode } from '@audiocloud/api';

const CODES: Record<number, ErrorCode> = {
  404: 'UPLOAD_UNKNOWN',
  409: 'UPLOAD_OFFSET',
  410: 'UPLOAD_UNKNOWN',
  412: 'UPLOAD_VERSION',
  413: 'MEDIA_TOO_LARGE',
};

/** What the tus library refused, as every other refusal of the domain. [any] */
export function uploadRefusal(status: number, text: string): AudioCloudError {
  const code = CODES[status] ?? (status >= 500 && status !== 501 ? 'MEDIA_UNREADABLE' : 'REQUEST_INVALID');
  return new AudioCloudError(code, `Cannot take the upload: ${text.trim() || `status ${status}`}`);
}
