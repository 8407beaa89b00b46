/* Blocks of lanes that stay in the first cache; gcc calls libmvec's vector exp and log.
   Logarithms of products of many factors are faster; nothing looks whether these leave the range
   of doubles. */
#include <math.h>
#define LANES 64
void exponents(long count, long steps, const double *w, const double *b, double eps, double x0,
               double *mean, int threads)
{
    #pragma omp parallel for schedule(dynamic, 16) num_threads(threads)
    for (long first = 0; first < count; first += LANES) {
        double x[LANES] __attribute__((aligned(64))), v[LANES] __attribute__((aligned(64)));
        double c[LANES] __attribute__((aligned(64))), s[LANES] __attribute__((aligned(64)));
        double p[LANES] __attribute__((aligned(64)));
        long lanes = count - first < LANES ? count - first : LANES;
        for (long j = 0; j < LANES; j++) {
            x[j] = x0;
            s[j] = 0.0;
            p[j] = 1.0;
            v[j] = j < lanes ? -w[first + j] : 0.0;
            c[j] = j < lanes ? -b[first + j] : 0.0;
        }
        for (long n = 1; n <= steps; n++) {
            #pragma omp simd
            for (long j = 0; j < LANES; j++) {
                double e = exp(c[j] + v[j] * x[j]);
                double y = 1.0 / (1.0 + e);
                double mu = 1.0 - eps - eps * v[j] * e * y * y;
                x[j] = (1.0 - eps) * x[j] + eps * y;
                if (FACTORS == 1)
                    s[j] += log(fabs(mu));
                else
                    p[j] *= mu;
            }
            if (FACTORS > 1 && (n % FACTORS == 0 || n == steps)) {
                #pragma omp simd
                for (long j = 0; j < LANES; j++) {
                    s[j] += log(fabs(p[j]));
                    p[j] = 1.0;
                }
            }
        }
        for (long j = 0; j < lanes; j++)
            mean[first + j] = s[j] / steps;
    }
}
