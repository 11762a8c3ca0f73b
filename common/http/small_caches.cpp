#include "http/small_caches.h"

#include <curl/curl.h>

#include <new>

namespace tidings::http {

SmallCaches::~SmallCaches() {
  for (void* cache : caches_) curl_share_cleanup(cache);
}

void SmallCaches::assign(void* easy) {
  void*& cache = caches_[next_++ % caches_.size()];
  if (cache == nullptr) {
    cache = curl_share_init();
    if (cache == nullptr) throw std::bad_alloc();
    curl_share_setopt(cache, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
  }
  curl_easy_setopt(easy, CURLOPT_SHARE, cache);
}

}  // namespace tidings::http
