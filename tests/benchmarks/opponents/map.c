/* Blocks of lanes that stay in the first cache; gcc calls libmvec's vector exp in the inner loop. */
#include <math.h>
#define LANES 64
void states(long count, long steps, double w, const double *b, double x0, double *x, int threads)
{
    #pragma omp parallel for schedule(dynamic, 16) num_threads(threads)
    for (long first = 0; first < count; first += LANES) {
        double y[LANES] __attribute__((aligned(64))), c[LANES] __attribute__((aligned(64)));
        long lanes = count - first < LANES ? count - first : LANES;
        for (long j = 0; j < LANES; j++) {
            y[j] = x0;
            c[j] = j < lanes ? -b[first + j] : 0.0;
        }
        for (long n = 0; n < steps; n++) {
            #pragma omp simd
            for (long j = 0; j < LANES; j++)
                y[j] = 1.0 / (1.0 + exp(c[j] - w * y[j]));
        }
        for (long j = 0; j < lanes; j++)
            x[first + j] = y[j];
    }
}
